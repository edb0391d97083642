"""Values as the platform tells them, read leniently: nothing is lost for one that is unusual."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from chalicelib.core.support.timestamps import from_epoch_milliseconds

MAX_ID_BYTES: Final = 255
"""In bytes of UTF-8: a key of DynamoDB's may have 1,024."""
MAX_TEXT_CHARACTERS: Final = 1000
PLATFORM_ID_PATTERN: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
"""Ids of connections, streams, archives and the like; OpenTok's own are UUIDs.

Anything else would, as part of an address at OpenTok, reach what it is not the id of.
"""
_CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""By how much at most."""
_OPENTOK_BEGAN: Final = datetime(2010, 1, 1, tzinfo=UTC)
"""Nothing is older; a number of seconds would be."""
_OWNERS: Final = ("applicationId", "projectId", "partnerId")


def parse_object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def parse_json_object(body: bytes) -> Mapping[str, Any]:
    """The JSON object in a body; empty where there is none to be made out.

    All of its text can be written as UTF-8 again, unlike what JSON's escapes allow.
    """
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False)
        return parse_object(json.loads(text.encode(errors="replace")))
    except (ValueError, RecursionError):
        return {}


def parse_id(value: object) -> str | None:
    """An id, as a string or a number: OpenTok has the same one as either."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if 1 <= len(text.encode()) <= MAX_ID_BYTES else None


def parse_platform_id(value: object) -> str | None:
    """The id of something in a session, or of what is made of one."""
    told = parse_id(value)
    return told if told is not None and PLATFORM_ID_PATTERN.fullmatch(told) else None


def owner_ids(content: Mapping[str, Any]) -> frozenset[str]:
    """Whose an object is, as far as it tells: under one of three names, or under several."""
    return frozenset(filter(None, (parse_id(content.get(name)) for name in _OWNERS)))


def owning_project_id(content: Mapping[str, Any]) -> str | None:
    """The project that an object is filed under: of those, the application where there is one."""
    return next(filter(None, (parse_id(content.get(name)) for name in _OWNERS)), None)


def parse_text(value: object) -> str | None:
    return value[:MAX_TEXT_CHARACTERS] if isinstance(value, str) else None


def parse_timestamp(milliseconds: object, now: datetime) -> datetime:
    """A time as OpenTok tells it, in a number or a string; now where that can be none."""
    try:
        told = from_epoch_milliseconds(int(milliseconds))  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return now
    return told if _OPENTOK_BEGAN <= told <= now + _CLOCKS_DIFFER else now


def is_valid_unicode(text: str) -> bool:
    """Whether the text can be written as UTF-8.

    JSON's escapes can spell halves of surrogate pairs, which no output can carry.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
