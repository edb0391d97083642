"""OpenTok's reports of archives, broadcasts, captions and renders, parsed leniently."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from urllib.parse import urlsplit

from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.support.formats import owner_ids, parse_id, parse_platform_id, parse_timestamp

_MAX_FIELDS: Final = 100
"""The limit of one object, which is written in one update; OpenTok's largest has 30 fields."""
_MAX_NAME_LENGTH: Final = 64
_MAX_CHARACTERS: Final = 32_000
"""The limit of all fields' JSON: an item may have 400 KB, and a list's answer 6 MB."""
_IDS: Final = ("id", "captionsId", "captionId")
_STATUS: Final = re.compile(r"[A-Za-z]{1,32}")
_STREAM_KEY: Final = "streamName"
_SERVER_URL: Final = "serverUrl"


@dataclass(frozen=True, slots=True)
class MediaReport:
    """The state of one media item, as an answer or a callback of OpenTok's reports it.

    Args:
        created_at, updated_at: OpenTok's times, or the time of the report if it has none.
        content: OpenTok's own object without stream keys.
    """

    kind: MediaKind
    id: str
    session_id: str
    status: str
    created_at: datetime
    updated_at: datetime
    content: Mapping[str, Any]

    @classmethod
    def parse(cls, kind: MediaKind, content: Mapping[str, Any], now: datetime) -> Self | None:
        """Parse OpenTok's object.

        Returns:
            None if the object has no id, session id or status, or if it is nested too deeply to
            be searched for stream keys.
        """
        ids = (parse_platform_id(content.get(name)) for name in _IDS)
        media_id = next((each for each in ids if each is not None), None)
        session_id, status = parse_id(content.get("sessionId")), content.get("status")
        if media_id is None or session_id is None:
            return None
        if not isinstance(status, str) or not _STATUS.fullmatch(status):
            return None
        try:
            shown = _bounded(redact_stream_keys(content))
        except RecursionError:
            return None
        # In whole seconds, like every other report: otherwise the answer to a start, which has
        # milliseconds, would count as newer than a callback of the same second.
        updated_at = parse_timestamp(content.get("updatedAt"), now).replace(microsecond=0)
        return cls(
            kind=kind,
            id=media_id,
            session_id=session_id,
            status=status,
            created_at=parse_timestamp(content.get("createdAt"), now),
            updated_at=updated_at,
            content=shown,
        )

    @property
    def owners(self) -> frozenset[str]:
        """The ids of the project that owns the item, as far as the report names them."""
        return owner_ids(self.content)

    def to_media(self, room_id: str) -> Media:
        """Return the record of this report for the room that owns the session."""
        return Media(
            kind=self.kind,
            id=self.id,
            room_id=room_id,
            session_id=self.session_id,
            status=self.status,
            created_at=self.created_at,
            updated_at=self.updated_at,
            content=self.content,
        )


def _bounded(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the first fields, without any that would make the record too large."""
    bounded: dict[str, Any] = {}
    left = _MAX_CHARACTERS
    for name, value in content.items():
        size = len(name) + len(json.dumps(value))
        if len(bounded) < _MAX_FIELDS and len(name) <= _MAX_NAME_LENGTH and size <= left:
            bounded[name] = value
            left -= size
    return bounded


def redact_stream_keys(content: Any) -> Any:  # noqa: ANN401  JSON is anything
    """Return the JSON without stream keys, and without logins in servers' URLs.

    Every depth is searched, because OpenTok has sent targets as a list and as an object by id.
    """
    if isinstance(content, list):
        return [redact_stream_keys(each) for each in content]
    if not isinstance(content, dict):
        return content
    return {
        name: _without_login(value) if name == _SERVER_URL else redact_stream_keys(value)
        for name, value in content.items()
        if name != _STREAM_KEY
    }


def _without_login(url: object) -> str | None:
    """Return scheme, host, port and path; None if they cannot be read reliably."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        parts.port  # noqa: B018  raises ValueError if it is no number
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2]
    # A password that holds /, ? or # would be cut there, and its start be read as host and port.
    misread = "@" in parts.path + parts.query + parts.fragment
    return f"{parts.scheme}://{host}{parts.path}" if host and not misread else None
