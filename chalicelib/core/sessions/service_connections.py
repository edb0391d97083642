"""The connections of OpenTok's own services to rooms, and the client tokens for them."""

from datetime import timedelta
from typing import Final

from chalicelib.core.model.connection import Connection, Participant, Service
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import Role
from chalicelib.core.ports.video_platform import ClientToken, TokenSpec, VideoPlatform
from chalicelib.core.sessions.track_sessions import SessionTracker
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import increment
from chalicelib.errors import ProviderRefused, ProviderUnavailable, RoomClosed, StoreUnavailable

TOKEN_LIFETIME: Final = timedelta(minutes=5)
"""Long enough for OpenTok's clock to differ by minutes.

Services connect at once. They stay connected after the token has expired.
"""

ROLES: Final = {
    Service.CAPTIONS: Role.MODERATOR,
    Service.SIP: Role.PUBLISHER,
    Service.RENDER: Role.PUBLISHER,
    Service.AUDIO_CONNECTOR: Role.SUBSCRIBER,
}
"""The lowest role that each service needs, from OpenTok's documentation.

OpenTok documents none for the audio connector, which publishes only if it is bidirectional.
"""


class ServiceConnections:
    """Admits services that a moderator has started. They take no seat."""

    def __init__(self, platform: VideoPlatform, tracker: SessionTracker, clock: Clock) -> None:
        self._platform = platform
        self._tracker = tracker
        self._clock = clock

    def issue_token(
        self, room: Room, service: Service, deadline: Deadline, role: Role | None = None
    ) -> ClientToken:
        """Return a client token for the service, with its usual role or another one.

        Raises:
            RoomClosed: The room closes within this second.
        """
        self._platform.project_id(deadline)
        now, granted = self._clock(), role or ROLES[service]
        expires_at = now + TOKEN_LIFETIME
        if room.settings.closes_at is not None:
            expires_at = min(expires_at, room.settings.closes_at)
        if int(expires_at.timestamp()) <= now.timestamp():
            raise RoomClosed("This room is closing now.")
        spec = TokenSpec(
            session_id=room.session_id,
            role=granted,
            expires_at=int(expires_at.timestamp()),
            connection_data=Participant.service_data(service, granted),
        )
        return self._platform.sign_token(spec, deadline)

    def record(
        self, session_id: str, service: Service, connection_id: str, deadline: Deadline
    ) -> None:
        """Record a service's connection without waiting for its callback, which may be lost.

        If the access rules reject the connection, it is disconnected. If this fails, the callback
        or reconciliation does it later.
        """
        connection = Connection(connection_id, self._clock(), Participant(service=service))
        try:
            session = self._tracker.find(session_id, deadline)
            if session is not None:
                self._tracker.on_connected(session, connection, deadline)
        except (StoreUnavailable, ProviderUnavailable, ProviderRefused):
            increment("ServicesNotRecorded")
