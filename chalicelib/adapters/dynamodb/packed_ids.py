"""A shorter form of ids for the keys of a room's maps, because each write is billed by its size.

OpenTok's connection ids are UUIDs. Identity providers often end a user id with a UUID or with 24
hexadecimal digits. Such an end is written in base64, which is a third shorter.
"""

import base64
import re
from typing import Final

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder

_MARK: Final = "~"
_HYPHENS: Final = (8, 13, 18, 23)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]{24}")
_UUID_LENGTHS: Final = (36, 22)
_HEXADECIMAL_LENGTHS: Final = (24, 16)
"""The lengths of such an end, and of its base64."""


def packed(text: str) -> str:
    """Return the shorter form of an id. No two ids have the same one."""
    for pattern, (length, _) in ((_UUID, _UUID_LENGTHS), (_HEXADECIMAL, _HEXADECIMAL_LENGTHS)):
        end = text[-length:]
        if pattern.fullmatch(end):
            short = base64.urlsafe_b64encode(bytes.fromhex(end.replace("-", "")))
            return f"{text[:-length]}{_MARK}{short.decode().rstrip('=')}"
    return f"{text}{_MARK}" if _MARK in text else text


def unpacked(text: str) -> str:
    """Return the id of a shorter form."""
    if text.endswith(_MARK):
        return text[:-1]
    before, mark, short = text.rpartition(_MARK)
    if not mark:
        return text
    end = base64.urlsafe_b64decode(short + "=" * (-len(short) % 4)).hex()
    if len(short) == _UUID_LENGTHS[1]:
        for place in _HYPHENS:
            end = f"{end[:place]}-{end[place:]}"
    return before + end


class PackedUpdateBuilder(UpdateBuilder):
    """An update of a room's item, whose maps have packed ids as keys."""

    def path(self, *parts: str) -> str:
        name, *ids = parts
        return super().path(name, *(packed(each) for each in ids))
