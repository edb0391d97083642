from typing import Annotated

import msgspec

CallbackUrl = Annotated[str, msgspec.Meta(min_length=15, max_length=2048)]


class CaptionsRequest(msgspec.Struct, rename="camel", frozen=True):
    """A request for captions; it holds a client token, so no answer may show it."""

    session_id: Annotated[str, msgspec.Meta(min_length=1)]
    token: str
    language_code: str | None = None
    max_duration: Annotated[int, msgspec.Meta(ge=300, le=14_400)] | None = None
    partial_captions: bool | None = None
    status_callback_url: CallbackUrl | None = None

    def __repr__(self) -> str:
        return f"CaptionsRequest({self.session_id})"
