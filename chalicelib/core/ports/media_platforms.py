"""What OpenTok makes of sessions for us, told in the rules' own terms.

`options` are OpenTok's own, checked, without session and token. Every method raises
`NotConfigured`, `ProviderRefused` and `ProviderUnavailable` as `VideoPlatform` does; what starts
something asks once, because asking twice would do it twice.
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
    """What a service of OpenTok's is to do in a session; its repr shows no secret."""

    session_id: str
    token: ClientToken
    options: Options = field(repr=False)


class MediaPlatform(Protocol):
    """What is the same for archives, broadcasts, captions and renders."""

    def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:
        """What it has of a session, as far as that can be asked."""

    def stop(self, media_id: str, deadline: Deadline) -> MediaReport | None:
        """How it stands afterwards; None if that is not told, or it has ended already."""


class BroadcastPlatform(MediaPlatform, Protocol):
    def start(self, session_id: str, options: Options, deadline: Deadline) -> MediaReport:
        """Raises: AlreadyBroadcasting, NotRouted, NobodyConnected: OpenTok finds it so."""

    def one(self, broadcast_id: str, deadline: Deadline) -> MediaReport | None:
        """How it stands; None if there is none of this id."""

    def set_layout(self, broadcast_id: str, layout: Options, deadline: Deadline) -> bool:
        """False if there is none of this id any more."""

    def change_streams(self, broadcast_id: str, change: Options, deadline: Deadline) -> bool:
        """False if it has ended, or there is no such stream.

        Raises:
            StreamsNotManual: It takes its streams by itself.
        """


class CaptionsPlatform(MediaPlatform, Protocol):
    def start(self, order: StartRequest, deadline: Deadline) -> MediaReport:
        """Raises: AlreadyCaptioning, NotRouted, NobodyConnected: OpenTok finds it so."""


class RenderPlatform(MediaPlatform, Protocol):
    def start(self, order: StartRequest, deadline: Deadline) -> MediaReport:
        """Raises: NotRouted, NobodyConnected: OpenTok finds it so."""

    def one(self, render_id: str, deadline: Deadline) -> MediaReport | None:
        """How it stands; None if there is none of this id."""


class TelephonyPlatform(Protocol):
    """Calls by SIP, and audio by WebSocket: each a connection to the session."""

    def dial(self, order: StartRequest, deadline: Deadline) -> Options:
        """OpenTok's answer.

        Raises:
            NotRouted, NobodyConnected: OpenTok finds it so.
            ProviderUnavailable: The answer is lost, or does not tell the connection.
        """

    def connect_audio(self, order: StartRequest, deadline: Deadline) -> Options:
        """OpenTok's answer.

        Raises:
            NotRouted, NobodyConnected: OpenTok finds it so.
        """

    def play_digits(
        self, session_id: str, connection_id: str | None, digits: str, deadline: Deadline
    ) -> bool:
        """Play tones to one connection or to all; False if there is no such one, or nobody."""
