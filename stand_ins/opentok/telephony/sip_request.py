"""The request for a SIP call, checked as OpenTok checks it."""

from typing import Annotated

import msgspec


class SipAuth(msgspec.Struct, frozen=True):
    username: str
    password: str

    def __repr__(self) -> str:
        return "SipAuth()"


class SipTarget(msgspec.Struct, rename="camel", frozen=True):
    uri: Annotated[str, msgspec.Meta(pattern="^sips?:.")]
    from_: str | None = msgspec.field(name="from", default=None)
    headers: dict[str, str] | None = None
    auth: SipAuth | None = None
    secure: bool | None = None
    video: bool | None = None
    observe_force_mute: bool | None = None
    streams: list[str] | None = None

    def __post_init__(self) -> None:
        if not all(name.startswith("X-") for name in self.headers or ()):
            raise ValueError("custom headers begin with X-")


class DialRequest(msgspec.Struct, rename="camel", frozen=True):
    """A request for a call; it holds a client token, so no answer may show it."""

    session_id: Annotated[str, msgspec.Meta(min_length=1)]
    token: str
    sip: SipTarget

    def __repr__(self) -> str:
        return f"DialRequest({self.session_id})"
