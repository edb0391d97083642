"""Ports: OpenTok's broadcasts, captions, renders and telephony.

`options` are OpenTok's own, already checked, without session and token. Every method raises
`NotConfigured`, `ProviderRefused` and `ProviderUnavailable` as `VideoPlatform` does. A start is
requested once only, because a second request could start a second one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.ports.video_platform import ClientToken
from chalicelib.core.support.deadline import Deadline

Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A request that OpenTok start something in a session; its repr shows no secret.

    Args:
        session_id: The session to process.
        options: OpenTok's own options.
        token: The client token of a service that connects to the session.
    """

    session_id: str
    options: Options = field(repr=False)
    token: ClientToken | None = None


class MediaPlatform(Protocol):
    """The operations that archives, broadcasts, captions and renders share."""

    def start(self, request: StartRequest, deadline: Deadline) -> MediaReport:
        """Start a media item.

        Raises:
            NotRouted: The session's media do not pass through OpenTok.
            NobodyConnected: Nobody is connected to the session.
            AlreadyRecording, AlreadyBroadcasting, AlreadyCaptioning: One is running.
        """

    def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:
        """List the session's media items, as far as OpenTok can list them."""

    def stop(self, media_id: str, deadline: Deadline) -> MediaReport | None:
        """Stop an item and return its report; None if OpenTok sends none, or it has ended."""


class ReadableMediaPlatform(MediaPlatform, Protocol):
    """A platform whose media can also be read one by one."""

    def one(self, media_id: str, deadline: Deadline) -> MediaReport | None:
        """Return the report of an item; None if OpenTok has none of this id."""


class BroadcastPlatform(ReadableMediaPlatform, Protocol):
    """OpenTok's broadcasts."""

    def set_layout(self, broadcast_id: str, layout: Options, deadline: Deadline) -> bool:
        """Change the layout; return False if there is no such broadcast any more."""

    def change_streams(self, broadcast_id: str, change: Options, deadline: Deadline) -> bool:
        """Add or remove a stream; return False if it is missing, or the broadcast has ended.

        Raises:
            StreamsNotManual: OpenTok chooses the streams of this broadcast.
        """


class TelephonyPlatform(Protocol):
    """Calls by SIP and audio by WebSocket: each is a connection to the session."""

    def dial(self, request: StartRequest, deadline: Deadline) -> Options:
        """Call a SIP address and return OpenTok's answer.

        Raises:
            NotRouted, NobodyConnected: OpenTok says so.
            ProviderUnavailable: The answer is lost, or names no connection.
        """

    def connect_audio(self, request: StartRequest, deadline: Deadline) -> Options:
        """Connect a WebSocket and return OpenTok's answer; raises as `dial` does."""

    def play_digits(
        self, session_id: str, connection_id: str | None, digits: str, deadline: Deadline
    ) -> bool:
        """Play tones to one connection or to all; return False if nobody is there to hear."""
