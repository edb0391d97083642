"""Telephony: calls by SIP, and audio to WebSockets. Each is a connection to a room."""

from collections.abc import Callable
from typing import Final

from chalicelib.core.media.media_access import MediaAccess
from chalicelib.core.media.start_media import SECONDS_TO_STORE
from chalicelib.core.model.connection import Service
from chalicelib.core.model.media import FeatureRule
from chalicelib.core.model.media_hosts import MediaHosts
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import Role, User
from chalicelib.core.ports.media_platforms import Options, StartRequest, TelephonyPlatform
from chalicelib.core.sessions.service_connections import ServiceConnections
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import (
    ConnectionNotFound,
    NobodyConnected,
    ProviderUnavailable,
    StartUnconfirmed,
)

_PUBLIC_FIELDS: Final = (
    *("id", "connectionId", "streamId", "sessionId", "projectId", "applicationId"),
    *("createdAt", "updatedAt"),
)
"""The fields of OpenTok's answer that are passed on; others might repeat a call's login."""


class Telephony:
    """Makes service connections. They end when they are disconnected, as a client's do.

    Args:
        sip: The rule for calls and tones.
        audio_connectors: The rule for WebSockets.
        hosts: The hosts that may be called.
        media: Finds rooms.
        platform: OpenTok's telephony.
        services: Issues tokens to services, and records their connections.
    """

    def __init__(
        self,
        *,
        sip: FeatureRule,
        audio_connectors: FeatureRule,
        hosts: MediaHosts,
        media: MediaAccess,
        platform: TelephonyPlatform,
        services: ServiceConnections,
    ) -> None:
        self._sip = sip
        self._audio_connectors = audio_connectors
        self._hosts = hosts
        self._media = media
        self._platform = platform
        self._services = services

    def dial(
        self, user: User, name: str, options: Options, deadline: Deadline
    ) -> tuple[Room, Options]:
        """Call a SIP address and connect it to the room.

        Raises:
            FeatureDisabled: The stage does not let the user do this.
            InvalidField: The host is not allowed.
            NobodyConnected: Nobody has ever connected to the session.
            StartUnconfirmed: OpenTok's answer is lost. If the call is made, its connection shows.
            RoomkeyError: See `MediaAccess.room_with_media`.
        """
        self._sip.check(user)
        self._hosts.check("sip.uri", options["sip"]["uri"])
        room = self._media.room_with_media(user, name, "dial out", deadline)
        token = self._services.issue_token(room, Service.SIP, deadline)
        request = StartRequest(room.session_id, options, token)
        return room, self._connect(self._platform.dial, request, Service.SIP, deadline)

    def connect_audio(
        self, user: User, name: str, options: Options, deadline: Deadline
    ) -> tuple[Room, Options]:
        """Send the room's audio to a WebSocket; a bidirectional one also sends audio back.

        Raises:
            RoomkeyError: See `dial`.
        """
        self._audio_connectors.check(user)
        self._hosts.check("websocket.uri", options["websocket"]["uri"])
        room = self._media.room_with_media(user, name, "connect its audio", deadline)
        sends_back = options["websocket"].get("bidirectional", False)
        role = Role.PUBLISHER if sends_back else Role.SUBSCRIBER
        token = self._services.issue_token(room, Service.AUDIO_CONNECTOR, deadline, role)
        request = StartRequest(room.session_id, options, token)
        connect = self._platform.connect_audio
        return room, self._connect(connect, request, Service.AUDIO_CONNECTOR, deadline)

    def play_digits(
        self, user: User, name: str, connection_id: str | None, digits: str, deadline: Deadline
    ) -> None:
        """Play telephone tones to one connection or to all.

        Raises:
            FeatureDisabled: The stage does not let the user do this.
            ConnectionNotFound: The connection is not in this room.
            NobodyConnected: Nobody is connected to the room.
            RoomkeyError: See `MediaAccess.room_with_media`.
        """
        self._sip.check(user)
        room = self._media.room_with_media(user, name, "play tones", deadline)
        if self._platform.play_digits(room.session_id, connection_id, digits, deadline):
            return
        if connection_id is not None:
            raise ConnectionNotFound(f"There is no connection {connection_id} in this room.")
        raise NobodyConnected("Nobody is connected to this room.")

    def _connect(
        self,
        connect: Callable[[StartRequest, Deadline], Options],
        request: StartRequest,
        service: Service,
        deadline: Deadline,
    ) -> Options:
        try:
            answer = connect(request, deadline.reserve(SECONDS_TO_STORE))
        except ProviderUnavailable as error:
            if error.not_performed:
                raise
            raise StartUnconfirmed(
                "OpenTok did not confirm the start. It may be connected: check the room's "
                "connections before you retry.",
                note=error.note,
            ) from error
        self._services.record(request.session_id, service, answer["connectionId"], deadline)
        return {name: answer[name] for name in _PUBLIC_FIELDS if name in answer}
