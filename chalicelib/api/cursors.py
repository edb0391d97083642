"""Cursors: where a list goes on, for the caller who got it and nobody else."""

import base64
import hashlib
import hmac
from typing import Final

import msgspec

from chalicelib.core.ports import PageStart
from chalicelib.core.rooms import NAME_PATTERN
from chalicelib.core.times import epoch_milliseconds, from_epoch_milliseconds
from chalicelib.errors import FieldProblem, InvalidField

_CHECK_BYTES: Final = 8


class _Position(msgspec.Struct, array_like=True):
    name: str
    created_at: int


def write_cursor(start: PageStart, user_id: str) -> str:
    """The cursor of a page that starts there.

    It holds a position and no user: the list is always the caller's own. The checksum is no
    secret and guards none; it tells a damaged cursor, or somebody else's, from one to go by.
    """
    position = msgspec.json.encode(_Position(start.name, epoch_milliseconds(start.created_at)))
    return base64.urlsafe_b64encode(_check(position, user_id) + position).decode().rstrip("=")


def read_cursor(cursor: str, user_id: str) -> PageStart:
    """Where the page starts.

    Raises:
        InvalidField: The cursor is damaged, or was given to another user.
    """
    try:
        content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        check, position = content[:_CHECK_BYTES], content[_CHECK_BYTES:]
        if not hmac.compare_digest(check, _check(position, user_id)):
            raise ValueError("The checksum differs.")
        found = msgspec.json.decode(position, type=_Position)
        if not NAME_PATTERN.fullmatch(found.name):
            raise ValueError("No room has such a name.")
        return PageStart(found.name, from_epoch_milliseconds(found.created_at))
    except (ValueError, OverflowError) as error:
        reason = "is not one that this list gave you; start without one"
        raise InvalidField(FieldProblem("cursor", reason)) from error


def _check(position: bytes, user_id: str) -> bytes:
    return hashlib.sha256(position + b"\0" + user_id.encode()).digest()[:_CHECK_BYTES]
