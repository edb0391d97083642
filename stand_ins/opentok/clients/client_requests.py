"""The messages that the client library sends over its socket."""

from typing import Annotated, Any, Literal

import msgspec

_LONGEST_NAME = 1000


class _Message(
    msgspec.Struct,
    tag_field="type",
    tag=lambda name: name[0].lower() + name[1:],
    rename="camel",
    forbid_unknown_fields=True,
):
    """A message; its `type` is the name of its class."""


class Connect(_Message):
    """The first message of a new client."""

    session_id: str
    token: str


class Resume(_Message):
    """The first message of a client whose socket was lost; `received` is the last number it has."""

    connection_id: str
    secret: str
    received: int


Greeting = Connect | Resume


class _Request(_Message):
    """A request; the answer repeats its number."""

    request: int


class Dimensions(msgspec.Struct):
    width: int
    height: int


class Publish(_Request):
    video_type: Literal["camera", "screen", "custom"] | None
    name: Annotated[str, msgspec.Meta(max_length=_LONGEST_NAME)] = ""
    has_audio: bool = True
    has_video: bool = True
    video_dimensions: Dimensions | None = None


class Unpublish(_Request):
    stream_id: str


class ChangeStream(_Request):
    """A change of the client's own stream."""

    stream_id: str
    property: Literal["hasAudio", "hasVideo", "videoDimensions"]
    value: bool | Dimensions


class Signal(_Request):
    """A signal to one connection, or to all connections of the session."""

    data: str = ""
    signal_type: str = ""
    to: str | None = None


class Relay(_Request):
    """A message about one subscription, from its subscriber to its publisher or back."""

    to: str
    content: dict[str, Any]


class ForceDisconnect(_Request):
    connection_id: str


class ForceUnpublish(_Request):
    stream_id: str


class ForceMute(_Request):
    """A mute of one stream, or of all streams but `excluded`, or the end of muting new ones."""

    stream_id: str | None = None
    active: bool = True
    excluded: list[str] = []


class Disconnect(_Request):
    """The end of the connection, by its client."""


Request = (
    Publish
    | Unpublish
    | ChangeStream
    | Signal
    | Relay
    | ForceDisconnect
    | ForceUnpublish
    | ForceMute
    | Disconnect
)
