"""The kinds of media, apart from archives, that a moderator may start in a room."""

from dataclasses import dataclass, field
from typing import Any

RTMP = {"id": "tube", "serverUrl": "rtmps://me:secret@live.test/app?key=x", "streamName": "k3y"}


@dataclass(frozen=True)
class Start:
    """One kind of media: its path, its body, and OpenTok's answer.

    Args:
        path: The path below the room's.
        body: The smallest valid body.
        status: The status of success.
        at_opentok: The end of the path of OpenTok's call.
        service: The service that its connections belong to, if it has any.
    """

    path: str
    body: dict[str, Any]
    status: int
    at_opentok: str
    service: str | None = None
    already: str | None = field(default=None)


BROADCAST = Start(
    "broadcasts", {"outputs": {"hls": {}}}, 201, "/broadcast", already="already_broadcasting"
)
CAPTIONS = Start("captions", {}, 202, "/captions", already="already_captioning")
SIP = Start("sip", {"sip": {"uri": "sip:bob@pbx.test"}}, 201, "/dial", "sip")
RENDER = Start("renders", {"url": "https://page.test/board"}, 202, "/render", "render")
AUDIO = Start(
    "audio-connectors",
    {"websocket": {"uri": "wss://audio.test/in"}},
    201,
    "/connect",
    "audioConnector",
)
EVERY = (BROADCAST, CAPTIONS, SIP, RENDER, AUDIO)
SERVICES = (SIP, RENDER, AUDIO)
