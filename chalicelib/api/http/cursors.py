"""Cursors: opaque texts that say where the next page of a list starts."""

import base64
import hashlib
from datetime import datetime
from typing import Annotated, Final, Self, TypeVar

import msgspec

from chalicelib.core.support.formats import (
    PLATFORM_ID_PATTERN,
    epoch_milliseconds,
    from_epoch_milliseconds,
)
from chalicelib.errors import FieldProblem, InvalidField

_CHECKSUM_BYTES: Final = 8
_MAX_CHARACTERS: Final = 3000
"""More than the longest cursor has, which names a user by 255 bytes."""
_LAST_MILLISECOND: Final = 253_402_300_799_999
"""The end of the year 9999, since 1970: `datetime` goes no further."""

# The names of rooms have the same form as OpenTok's ids.
_Id = Annotated[str, msgspec.Meta(pattern=rf"^{PLATFORM_ID_PATTERN.pattern}(?![\s\S])")]
_Place = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,151}(?![\s\S])")]
_Owner = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=_LAST_MILLISECOND)]


class Position(msgspec.Struct, array_like=True, frozen=True):
    """A position in a list: after the item of this id."""

    id: _Id


class PlacePosition(Position, array_like=True, frozen=True):
    """A position in a list of connections: after this place, a hash with the id of a connection."""

    id: _Place


class TimedPosition(Position, array_like=True, frozen=True):
    """A position in a list that is sorted by time of creation."""

    milliseconds: _Milliseconds

    @classmethod
    def of(cls, item_id: str, created_at: datetime) -> Self:
        return cls(item_id, epoch_milliseconds(created_at))

    @property
    def created_at(self) -> datetime:
        return from_epoch_milliseconds(self.milliseconds)


class EntryPosition(TimedPosition, array_like=True, frozen=True):
    """A position in the list of all rooms: after the entry of a room or of a session.

    Args:
        owner: The user who created the room, or the name of the session's room.
        is_session: True if the entry is a session's.
    """

    owner: _Owner
    is_session: bool


class SessionPosition(TimedPosition, array_like=True, frozen=True):
    """A position in a list that is sorted by session, and then by time.

    Args:
        session_milliseconds: The time that identifies the session.
    """

    session_milliseconds: _Milliseconds

    @classmethod
    def within(cls, session_started_at: datetime, item_id: str, at: datetime) -> Self:
        return cls(item_id, epoch_milliseconds(at), epoch_milliseconds(session_started_at))

    @property
    def session_started_at(self) -> datetime:
        return from_epoch_milliseconds(self.session_milliseconds)


_Position = TypeVar("_Position", bound=Position)


def encode_cursor(position: Position, scope: str) -> str:
    """Return the cursor of a position.

    It begins with a checksum, which is no secret and no protection. The checksum tells a damaged
    cursor, or one of another scope, from a good one.

    Args:
        position: The last item of the page before.
        scope: The list and the user that the cursor is for.
    """
    content = msgspec.json.encode(position)
    return base64.urlsafe_b64encode(_checksum(content, scope) + content).decode().rstrip("=")


def decode_cursor(cursor: str, scope: str, kind: type[_Position]) -> _Position:
    """Return the position of a cursor.

    Raises:
        InvalidField: The cursor is damaged, or of another scope.
    """
    try:
        if len(cursor) > _MAX_CHARACTERS:
            raise ValueError("The cursor is too long.")
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        position = msgspec.json.decode(raw[_CHECKSUM_BYTES:], type=kind)
        if encode_cursor(position, scope) != cursor:
            raise ValueError("The checksum or the form differs.")
    # The parser fails at an array in an array, a thousand times.
    except (ValueError, RecursionError) as error:
        raise InvalidField(
            FieldProblem("cursor", "is not a cursor of this list: list again without a cursor")
        ) from error
    return position


def _checksum(content: bytes, scope: str) -> bytes:
    return hashlib.sha256(content + b"\0" + scope.encode()).digest()[:_CHECKSUM_BYTES]
