"""Formats of values: times in the API and in the table, what OpenTok reports, connection data.

Times are in UTC, to the millisecond. OpenTok's values are parsed leniently: an unusual value never
rejects a whole report.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from chalicelib.errors import FieldProblem, InvalidField

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


Clock = Callable[[], datetime]
"""A function that returns the current time, timezone-aware and in UTC."""


def utc_now() -> datetime:
    return to_milliseconds(datetime.now(UTC))


def to_milliseconds(moment: datetime) -> datetime:
    """Return the same time in UTC, rounded down to the millisecond.

    Raises:
        OverflowError: The time in UTC is outside the years 1 to 9999.
    """
    in_utc = moment.astimezone(UTC)
    return in_utc.replace(microsecond=in_utc.microsecond // 1000 * 1000)


def epoch_milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def from_epoch_milliseconds(milliseconds: int) -> datetime:
    return _EPOCH + milliseconds * _MILLISECOND


def rfc3339(moment: datetime) -> str:
    """Format the time like `2026-01-31T12:00:00Z`, with milliseconds if it has any."""
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


MAX_ID_BYTES: Final = 255
"""In UTF-8. A DynamoDB key may have 1,024 bytes."""
MAX_TEXT_CHARACTERS: Final = 1000
MAX_CONNECTION_DATA_CHARACTERS: Final = 1000
PLATFORM_ID_PATTERN: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
"""The pattern of the ids of connections, streams and archives; OpenTok's own ids are UUIDs.

Ids become parts of URLs at OpenTok. Other characters could change which resource a URL addresses.
"""
_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_MAX_CLOCK_DIFFERENCE: Final = timedelta(minutes=5)
_OLDEST: Final = datetime(2010, 1, 1, tzinfo=UTC)
"""OpenTok is not older. A number of seconds, read as milliseconds, is an earlier date."""
_HASH_BYTES: Final = 16
_COMPACT: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_OWNERS: Final = ("applicationId", "projectId", "partnerId")


def parse_object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def parse_json_object(body: bytes) -> Mapping[str, Any]:
    """Return the JSON object in a body, or an empty one if the body contains none.

    All texts in the object are valid Unicode. JSON's escapes would also allow lone surrogates.
    """
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False)
        return parse_object(json.loads(text.encode(errors="replace")))
    except (ValueError, RecursionError):
        return {}


def parse_id(value: object) -> str | None:
    """Return an id as a string. OpenTok reports the same id as a string or as a number."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if 1 <= len(text.encode()) <= MAX_ID_BYTES else None


def parse_platform_id(value: object) -> str | None:
    """Return the id of a connection, a stream or a medium, if it matches `PLATFORM_ID_PATTERN`."""
    parsed = parse_id(value)
    return parsed if parsed is not None and PLATFORM_ID_PATTERN.fullmatch(parsed) else None


def owner_ids(content: Mapping[str, Any]) -> frozenset[str]:
    """Return the ids of the object's owners, from up to three fields."""
    return frozenset(filter(None, (parse_id(content.get(name)) for name in _OWNERS)))


def owning_project_id(content: Mapping[str, Any]) -> str | None:
    """Return the id of the object's project: the application id, if the object has one."""
    return next(filter(None, (parse_id(content.get(name)) for name in _OWNERS)), None)


def parse_text(value: object) -> str | None:
    return value[:MAX_TEXT_CHARACTERS] if isinstance(value, str) else None


def parse_timestamp(milliseconds: object, now: datetime) -> datetime:
    """Return the time in a number or a string of milliseconds, or `now` if it is implausible."""
    try:
        parsed = from_epoch_milliseconds(int(milliseconds))  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return now
    return parsed if _OLDEST <= parsed <= now + _MAX_CLOCK_DIFFERENCE else now


def short_hash(text: str) -> str:
    """Return a hash for paths and keys: 22 of the characters A-Z, a-z, 0-9, _ and -."""
    digest = hashlib.sha256(text.encode()).digest()[:_HASH_BYTES]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def is_user_id(text: str) -> bool:
    """Return True if the text may be a user's id: one line of 1 to 255 bytes of UTF-8.

    A control character takes six bytes in DynamoDB's answers, whose length is bounded.
    """
    if not is_valid_unicode(text) or _CONTROL_CHARACTER.search(text):
        return False
    return 1 <= len(text.encode()) <= MAX_ID_BYTES


def total_bytes(texts: Iterable[str]) -> int:
    """Return the number of bytes of all texts in UTF-8."""
    return sum(len(each.encode()) for each in texts)


def cut_to_bytes(text: str, most: int) -> str:
    """Return the text, cut to at most this number of bytes of UTF-8."""
    return text.encode()[:most].decode(errors="ignore")


def is_valid_unicode(text: str) -> bool:
    """Return True if the text can be encoded as UTF-8.

    JSON's escapes can contain lone surrogates, which UTF-8 cannot encode.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def usable_text(value: object) -> str | None:
    """Return the value if it is a string, not empty, and can be encoded as UTF-8."""
    return value if isinstance(value, str) and value and is_valid_unicode(value) else None


def json_data(content: Mapping[str, object], shortenable: str) -> str:
    """Return connection data in JSON.

    Raises:
        InvalidField: It is too long; `shortenable` is what the caller can shorten.
    """
    data = _COMPACT.encode(content)
    return _checked(data, shortenable, "user's id, name and role")


def form_data(who: Mapping[str, str | None]) -> str:
    """Return connection data as a form, such as `username=…&userId=…`.

    Its values are percent-encoded, so that a name cannot add a field or another user's id.

    Raises:
        InvalidField: The name is too long.
    """
    named = {"username": who["name"], "userId": who["userId"]} if "name" in who else who
    fields = (f"{field}={quote(text or '', safe='')}" for field, text in named.items())
    return _checked("&".join(fields), "username", "user's id")


def _checked(data: str, field: str, beside: str) -> str:
    """Check OpenTok's limit, which counts characters and not bytes, as OpenTok's SDK does."""
    excess = len(data) - MAX_CONNECTION_DATA_CHARACTERS
    if excess > 0:
        reason = (
            f"is {excess} characters too long: the connection data may have "
            f"{MAX_CONNECTION_DATA_CHARACTERS} characters, including the {beside}"
        )
        raise InvalidField(FieldProblem(field, reason))
    return data
