"""Time that a call or a WebSocket leaves to record its connection."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.core.media.start_media import SECONDS_TO_STORE
from chalicelib.core.media.telephony import Telephony
from chalicelib.core.model.connection import Service
from chalicelib.core.model.media import Feature
from chalicelib.core.model.media_hosts import MediaHosts
from chalicelib.core.model.user import User
from chalicelib.core.ports.video_platform import ClientToken
from chalicelib.core.support.deadline import Deadline
from chalicelib.media_settings import read_features
from tests.support.features import ALL_FEATURES
from tests.support.stores.example_rooms import a_room

if TYPE_CHECKING:
    from chalicelib.core.media.media_access import MediaAccess
    from chalicelib.core.model.room import Room
    from chalicelib.core.ports.media_platforms import StartRequest, TelephonyPlatform
    from chalicelib.core.sessions.service_connections import ServiceConnections

ALICE = User("alice")
OPTIONS = {"sip": {"uri": "sip:a@pbx.test"}, "websocket": {"uri": "wss://audio.test/in"}}


@dataclass
class Exchange:
    """A room and OpenTok, which connects at the last moment that it is given."""

    seconds: float = 0.0
    left_to_record: float | None = None

    # The room.

    def room_with_media(self, user: User, name: str, to_do: str, deadline: Deadline) -> "Room":
        del user, to_do, deadline
        return a_room(name)

    # Its services.

    def issue_token(
        self, room: "Room", service: Service, deadline: Deadline, role: object = None
    ) -> Any:
        del room, service, deadline, role
        return ClientToken("1", "T1==")

    def record(
        self, session_id: str, service: Service, connection_id: str, deadline: Deadline
    ) -> None:
        del session_id, service
        assert connection_id == "k1"
        self.left_to_record = deadline.remaining()

    # OpenTok.

    def dial(self, request: "StartRequest", deadline: Deadline) -> dict[str, str]:
        del request
        self.seconds += deadline.remaining()
        return {"id": "c1", "connectionId": "k1"}

    connect_audio = dial


@pytest.mark.parametrize("make", ["dial", "connect_audio"])
def test_time_is_left_to_record_the_connection(make: str) -> None:
    exchange = Exchange()
    features = read_features(ALL_FEATURES, [])
    audio = Telephony(
        sip=features[Feature.SIP],
        audio_connectors=features[Feature.AUDIO_CONNECTORS],
        hosts=MediaHosts.parse(["*"]),
        media=cast("MediaAccess", exchange),
        platform=cast("TelephonyPlatform", exchange),
        services=cast("ServiceConnections", exchange),
    )
    deadline = Deadline(8, lambda: exchange.seconds)

    _, shown = getattr(audio, make)(ALICE, "standup", OPTIONS, deadline)

    assert shown == {"id": "c1", "connectionId": "k1"}
    assert exchange.left_to_record == SECONDS_TO_STORE
