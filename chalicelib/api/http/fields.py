"""Types and checks of fields that several resources accept."""

from typing import Annotated, Final, TypeVar

from msgspec import Meta, Struct, UnsetType

from chalicelib.core.model.room_settings import MAX_USER_ID_CHARACTERS
from chalicelib.core.support.formats import PLATFORM_ID_PATTERN
from chalicelib.errors import ConnectionNotFound

MAX_PAGE: Final = 100
ONE_LINE: Final = r"^[^\x00-\x1f\x7f-\x9f]*(?![\s\S])"
"""The pattern of text for OpenTok: no control character, since that could end a header's line."""
_CONTROL: Final = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
"""Control characters, line ends, and what turns the direction of the text beside it."""
_INVISIBLE: Final = (
    r"\s\xad\u034f\u061c\u115f\u1160\u180b-\u180e\u200b-\u200f\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0"
)
VISIBLE_LINE: Final = rf"^[^{_CONTROL}]*[^{_CONTROL}{_INVISIBLE}][^{_CONTROL}]*(?![\s\S])"
"""The pattern of a name that others see: one line, in which at least one character shows.

Use it with a maximum of characters, since the time it takes grows with their square.
"""

UserId = Annotated[str, Meta(min_length=1, max_length=MAX_USER_ID_CHARACTERS, pattern=ONE_LINE)]

_Value = TypeVar("_Value")


def given(value: _Value | UnsetType) -> _Value | None:
    """Return a field's value, or None if the request leaves the field out."""
    return None if isinstance(value, UnsetType) else value


class NoQuery(Struct, forbid_unknown_fields=True):
    """An empty query, which most routes require."""


class PageQuery(Struct, forbid_unknown_fields=True):
    """The size of a page, and the cursor that it starts at."""

    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE)] = 50
    cursor: str | None = None


def check_connection_id(connection_id: str) -> None:
    """Refuse a malformed connection id, before it becomes part of a URL at OpenTok."""
    if not PLATFORM_ID_PATTERN.fullmatch(connection_id):
        raise ConnectionNotFound("There is no such connection in this room.")
