"""Types and checks of fields that several resources accept."""

from typing import Annotated, Final, TypeVar

from msgspec import Meta, Struct, UnsetType

from chalicelib.core.model.room_settings import MAX_USER_ID_CHARACTERS
from chalicelib.core.support.formats import PLATFORM_ID_PATTERN
from chalicelib.errors import ConnectionNotFound

MAX_PAGE: Final = 100
ONE_LINE: Final = r"^[^\x00-\x1f\x7f-\x9f]*(?![\s\S])"
"""The pattern of text for OpenTok: no control character, since that could end a header's line."""

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
