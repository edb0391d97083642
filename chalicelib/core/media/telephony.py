"""Calls by SIP, and audio to WebSockets: connections to a room that moderators have made."""

from collections.abc import Callable
from typing import Final

from chalicelib.core.media.media_access import MediaAccess
from chalicelib.core.media.start_media import SECONDS_TO_RECORD
from chalicelib.core.model.connection import Service
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import Role, User
from chalicelib.core.ports.media_platforms import Options, StartRequest, TelephonyPlatform
from chalicelib.core.sessions.service_connections import ServiceConnections
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import ConnectionNotFound, NobodyConnected, ProviderUnavailable

_SHOWN: Final = (
    *("id", "connectionId", "streamId", "sessionId", "projectId", "applicationId"),
    *("createdAt", "updatedAt"),
)
"""What of OpenTok's answer is passed on: nothing that might repeat how a call logs in."""


class Telephony:
    """Makes them. They end when their connection is disconnected, like anybody's."""

    def __init__(
        self, media: MediaAccess, platform: TelephonyPlatform, services: ServiceConnections
    ) -> None:
        self._media = media
        self._platform = platform
        self._services = services

    def dial(
        self, user: User, name: str, options: Options, deadline: Deadline
    ) -> tuple[Room, Options]:
        """Call somebody by SIP, and have them in the room.

        Raises:
            NobodyConnected: OpenTok does not know the session yet.
            ProviderUnavailable: The answer is lost; if it rings all the same, its connection
                shows.
            RoomkeyError: As `MediaAccess.recordable_room` says.
        """
        room = self._media.recordable_room(user, name, "dial out", deadline)
        order = self._order(room, Service.SIP, options, deadline)
        return room, self._made(order, Service.SIP, self._platform.dial, deadline)

    def connect_audio(
        self, user: User, name: str, options: Options, deadline: Deadline
    ) -> tuple[Room, Options]:
        """Send the room's audio to a WebSocket, and where it is bidirectional take its audio.

        Raises:
            RoomkeyError: As for `dial`.
        """
        room = self._media.recordable_room(user, name, "connect its audio", deadline)
        sends_back = options["websocket"].get("bidirectional", False)
        role = Role.PUBLISHER if sends_back else Role.SUBSCRIBER
        order = self._order(room, Service.AUDIO_CONNECTOR, options, deadline, role)
        return room, self._made(
            order, Service.AUDIO_CONNECTOR, self._platform.connect_audio, deadline
        )

    def play_digits(
        self, user: User, name: str, connection_id: str | None, digits: str, deadline: Deadline
    ) -> None:
        """Play telephone tones to one connection or to all.

        Raises:
            ConnectionNotFound: The one is not in this room.
            NobodyConnected: There is nobody to hear them.
            RoomkeyError: As `MediaAccess.recordable_room` says.
        """
        room = self._media.recordable_room(user, name, "play tones", deadline)
        if self._platform.play_digits(room.session_id, connection_id, digits, deadline):
            return
        if connection_id is not None:
            raise ConnectionNotFound(f"There is no connection {connection_id} in this room.")
        raise NobodyConnected("Nobody is connected to this room.")

    def _order(
        self,
        room: Room,
        service: Service,
        options: Options,
        deadline: Deadline,
        role: Role | None = None,
    ) -> StartRequest:
        token = self._services.issue_token(room, service, deadline, role)
        return StartRequest(room.session_id, token, options)

    def _made(
        self,
        order: StartRequest,
        service: Service,
        make: Callable[[StartRequest, Deadline], Options],
        deadline: Deadline,
    ) -> Options:
        try:
            told = make(order, deadline.reserve(SECONDS_TO_RECORD))
        except ProviderUnavailable as error:
            if error.undone:
                raise
            raise ProviderUnavailable(
                "The video platform has not answered properly, so that it may have connected all "
                "the same; look at the room's connections before trying again.",
                note=error.note,
                retry_after=error.retry_after,
            ) from error
        self._services.record(order.session_id, service, told["connectionId"], deadline)
        return {name: told[name] for name in _SHOWN if name in told}
