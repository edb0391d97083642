"""Values as the platform tells them, read leniently: nothing is lost for one that is unusual."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.core.times import from_epoch_milliseconds

LONGEST_ID: Final = 255
"""In bytes of UTF-8: a key of DynamoDB's may have 1,024."""
LONGEST_TEXT: Final = 1000
_CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""By how much at most."""
_OWNERS: Final = ("applicationId", "projectId", "partnerId")


def told_object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def told_content(body: bytes) -> Mapping[str, Any]:
    """The JSON object in a body; empty where there is none to be made out.

    All of its text can be written as UTF-8 again, unlike what JSON's escapes allow.
    """
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False)
        return told_object(json.loads(text.encode(errors="replace")))
    except (ValueError, RecursionError):
        return {}


def told_id(value: object) -> str | None:
    """An id, as a string or a number: OpenTok has the same one as either."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if 1 <= len(text.encode()) <= LONGEST_ID else None


def told_owners(content: Mapping[str, Any]) -> frozenset[str]:
    """Whose an object is, as far as it tells: under one of three names, or under several."""
    return frozenset(filter(None, (told_id(content.get(name)) for name in _OWNERS)))


def told_project(content: Mapping[str, Any]) -> str | None:
    """The project that an object is filed under: of those, the application where there is one."""
    return next(filter(None, (told_id(content.get(name)) for name in _OWNERS)), None)


def told_text(value: object) -> str | None:
    return value[:LONGEST_TEXT] if isinstance(value, str) else None


def told_moment(milliseconds: object, now: datetime) -> datetime:
    """A time as OpenTok tells it, in a number or a string; now where it tells none of the past."""
    try:
        told = from_epoch_milliseconds(int(milliseconds))  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return now
    return told if told <= now + _CLOCKS_DIFFER else now
