"""OpenTok as the rules and its clients meet it: the fakes, and the stand-in behind HTTP."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Protocol

import requests

from chalicelib.adapters.opentok.api_client import ApiClient, Transport
from chalicelib.adapters.opentok.archives import OpenTokArchives
from chalicelib.adapters.opentok.broadcasts import OpenTokBroadcasts
from chalicelib.adapters.opentok.captions import OpenTokCaptions
from chalicelib.adapters.opentok.connections import OpenTokConnections
from chalicelib.adapters.opentok.renders import OpenTokRenders
from chalicelib.adapters.opentok.sdk_client import SdkClients
from chalicelib.adapters.opentok.sessions_and_tokens import OpenTokPlatform
from chalicelib.adapters.opentok.telephony import OpenTokTelephony
from chalicelib.core.model.media import MediaKind
from chalicelib.core.ports.credentials import OpenTokCredentials
from chalicelib.core.support.formats import utc_now
from tests.fakes.opentok.clients import FakeOpenTok
from tests.fakes.opentok.ports import FakePlatforms, Platforms
from tests.fakes.outside import FakeCredentials
from tests.support.servers.stand_ins import API_KEY, API_SECRET, StandIns


@dataclass(frozen=True)
class Seen:
    """The signals, mutes and tones that a session's clients have received lately.

    Args:
        signals: Type, data, and the one it was sent to or None.
        muted: Ids of streams.
        tones: Digits, and the one that heard them or None.
    """

    signals: list[tuple[str | None, str, str | None]]
    muted: AbstractSet[str]
    tones: list[tuple[str, str | None]]


class Platform(Protocol):
    """OpenTok's ports, and its clients' side of it."""

    @property
    def ports(self) -> Platforms: ...

    def connect(self, token: str) -> str:
        """Connect a client; its connection's id."""

    def leave(self, connection_id: str) -> None:
        """Disconnect a client."""

    def publish(self, connection_id: str) -> str:
        """Publish a stream; its id."""

    def unpublish(self, stream_id: str) -> None:
        """End a stream."""

    def move(self, kind: MediaKind, media_id: str, status: str) -> None:
        """Let something become of an archive or its like."""

    def seen(self, session_id: str) -> Seen:
        """Return the signals, mutes and tones that its clients have received."""


class FakePlatform:
    """The fakes."""

    def __init__(self) -> None:
        self._opentok = FakeOpenTok(utc_now)
        self._fakes = FakePlatforms(self._opentok)
        self.ports = self._fakes.ports

    def connect(self, token: str) -> str:
        connection_id = self._opentok.connect(token)
        assert connection_id is not None
        return connection_id

    def leave(self, connection_id: str) -> None:
        self._opentok.leave(connection_id)

    def publish(self, connection_id: str) -> str:
        return self._opentok.publish(connection_id)

    def unpublish(self, stream_id: str) -> None:
        self._opentok.unpublish(stream_id)

    def move(self, kind: MediaKind, media_id: str, status: str) -> None:
        self._fakes.objects(kind).move(media_id, status)

    def seen(self, session_id: str) -> Seen:
        session = self._opentok.sessions[session_id]
        signals = [(each.kind, each.data, each.connection_id) for each in session.signals]
        return Seen(signals, session.muted, session.tones)


class StandInPlatform:
    """The real adapters, and OpenTok's stand-in."""

    def __init__(self, stand_ins: StandIns) -> None:
        self._stand_ins = stand_ins
        projects = SdkClients(
            FakeCredentials(OpenTokCredentials(API_KEY, API_SECRET)),
            stand_ins.opentok_server.url,
        )
        transport = Transport()
        client = ApiClient(projects, transport)
        self.ports = Platforms(
            video=OpenTokPlatform(projects, transport),
            connections=OpenTokConnections(client),
            archives=OpenTokArchives(client, utc_now),
            broadcasts=OpenTokBroadcasts(client, utc_now),
            captions=OpenTokCaptions(client, utc_now),
            renders=OpenTokRenders(client, utc_now),
            telephony=OpenTokTelephony(client),
        )

    def connect(self, token: str) -> str:
        return self._stand_ins.opentok.connect(token)["connectionId"]

    def leave(self, connection_id: str) -> None:
        self._sim("DELETE", f"connections/{connection_id}")

    def publish(self, connection_id: str) -> str:
        return str(self._sim("POST", f"connections/{connection_id}/streams", {})["streamId"])

    def unpublish(self, stream_id: str) -> None:
        self._sim("DELETE", f"streams/{stream_id}")

    def move(self, kind: MediaKind, media_id: str, status: str) -> None:
        records = kind if kind is MediaKind.CAPTIONS else f"{kind}s"
        self._stand_ins.opentok.move(records, media_id, status)

    def seen(self, session_id: str) -> Seen:
        session = self._stand_ins.opentok.session(session_id)
        return Seen(
            [(each["type"], each["data"], each["connectionId"]) for each in session["signals"]],
            {each["streamId"] for each in session["streams"] if each["muted"]},
            [(each["digits"], each["connectionId"]) for each in session["tones"]],
        )

    def _sim(self, method: str, path: str, body: object = None) -> Any:
        url = f"{self._stand_ins.opentok_server.url}/sim/{path}"
        answer = requests.request(method, url, json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None
