"""The layout of a composed picture."""

from typing import Literal

import msgspec

_Arrangement = Literal["bestFit", "pip", "verticalPresentation", "horizontalPresentation"]


class Layout(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """One of OpenTok's own layouts, or a style sheet; `screenshareType` refines bestFit."""

    type: Literal[_Arrangement, "custom"]
    stylesheet: str | None = None
    screenshare_type: _Arrangement | None = None

    def __post_init__(self) -> None:
        if (self.type == "custom") != bool(self.stylesheet):
            raise ValueError("a custom layout has a stylesheet, and no other has")
        if self.screenshare_type is not None and self.type != "bestFit":
            raise ValueError("screenshareType goes with bestFit only")
