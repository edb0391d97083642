"""Cursors: where a list goes on, for the caller who got it and nobody else."""

import base64
import hashlib
import hmac
import re
from datetime import datetime
from typing import Final

import msgspec

from chalicelib.core.model.media import MediaCursor, MediaKind
from chalicelib.core.model.room import NAME_PATTERN
from chalicelib.core.ports.room_store import RoomCursor
from chalicelib.core.support.parsing import PLATFORM_ID_PATTERN
from chalicelib.core.support.timestamps import epoch_milliseconds, from_epoch_milliseconds
from chalicelib.errors import FieldProblem, InvalidField

_CHECK_BYTES: Final = 8


class _Position(msgspec.Struct, array_like=True):
    name: str
    created_at: int


def write_cursor(start: RoomCursor, user_id: str) -> str:
    """The cursor of a page of rooms that starts there; the list is always the caller's own."""
    position = _Position(start.name, epoch_milliseconds(start.created_at))
    return _sealed(msgspec.json.encode(position), user_id)


def read_cursor(cursor: str, user_id: str) -> RoomCursor:
    """Where the page of rooms starts.

    Raises:
        InvalidField: The cursor is damaged, or was given to another user.
    """
    return RoomCursor(*_position(cursor, user_id, NAME_PATTERN))


def write_connection_cursor(connection_id: str, room: str, user_id: str) -> str:
    """The cursor of a page of connections that starts after this one."""
    return _sealed(connection_id.encode(), f"{room.lower()}/{user_id}")


def read_connection_cursor(cursor: str, room: str, user_id: str) -> str:
    """The connection after which the page starts.

    Raises:
        InvalidField: The cursor is damaged, or was given to another user or for another room.
    """
    try:
        return _unsealed(cursor, f"{room.lower()}/{user_id}").decode()
    except ValueError as error:
        raise _not_ours() from error


def write_media_cursor(start: MediaCursor, kind: MediaKind, room: str, user_id: str) -> str:
    """The cursor of a page of a room's media that starts there."""
    position = _Position(start.id, epoch_milliseconds(start.created_at))
    return _sealed(msgspec.json.encode(position), f"{room.lower()}/{kind}/{user_id}")


def read_media_cursor(cursor: str, kind: MediaKind, room: str, user_id: str) -> MediaCursor:
    """Where the page of a room's media starts.

    Raises:
        InvalidField: The cursor is damaged, or was given to another user or for another list.
    """
    return MediaCursor(*_position(cursor, f"{room.lower()}/{kind}/{user_id}", PLATFORM_ID_PATTERN))


def _position(cursor: str, whose: str, names: re.Pattern[str]) -> tuple[str, datetime]:
    try:
        found = msgspec.json.decode(_unsealed(cursor, whose), type=_Position)
        if not names.fullmatch(found.name):
            raise ValueError("Nothing has such a name.")
        return found.name, from_epoch_milliseconds(found.created_at)
    except (ValueError, OverflowError) as error:
        raise _not_ours() from error


def _sealed(position: bytes, whose: str) -> str:
    """The position with a checksum.

    It is no secret and guards none; it tells a damaged cursor, or somebody else's, from one to go
    by.
    """
    return base64.urlsafe_b64encode(_check(position, whose) + position).decode().rstrip("=")


def _unsealed(cursor: str, whose: str) -> bytes:
    """Raises: ValueError: The cursor is damaged, or another's."""
    content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    check, position = content[:_CHECK_BYTES], content[_CHECK_BYTES:]
    if not hmac.compare_digest(check, _check(position, whose)):
        raise ValueError("The checksum differs.")
    return position


def _not_ours() -> InvalidField:
    return InvalidField(
        FieldProblem("cursor", "is not one that this list gave you; start without one")
    )


def _check(position: bytes, whose: str) -> bytes:
    return hashlib.sha256(position + b"\0" + whose.encode()).digest()[:_CHECK_BYTES]
