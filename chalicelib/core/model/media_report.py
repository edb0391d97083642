"""What the platform tells of one archive, broadcast, render, or of captions: read leniently."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from urllib.parse import urlsplit

from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.support.parsing import owner_ids, parse_id, parse_platform_id, parse_timestamp

_MOST_FIELDS: Final = 100
"""Of an object; OpenTok's largest has 30. What is kept is written in one update."""
_LONGEST_NAME: Final = 64
_MOST_CHARACTERS: Final = 32_000
"""Of all fields' JSON; an item may have 400 KB, and a list's answer 6 MB."""
_IDS: Final = ("id", "captionsId", "captionId")
_STATUS: Final = re.compile(r"[A-Za-z]{1,32}")


@dataclass(frozen=True, slots=True)
class MediaReport:
    """How one of them stands, whether it was asked for or told by a callback.

    Args:
        created_at, updated_at: When it was told, where it does not say.
        content: The platform's own object, all of it but the keys of streams.
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
        """The report that an object makes.

        None where it does not say of what, or how it stands, or is nested too deep to be looked
        through for keys of streams.
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
        # To the second, as all but the answer to a start are: else that would be the later one.
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
        """Whose it is, as far as it tells."""
        return owner_ids(self.content)

    def to_media(self, room_id: str) -> Media:
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
    """Its first fields, without any that would make it too large to keep or to list."""
    kept: dict[str, Any] = {}
    left = _MOST_CHARACTERS
    for name, value in content.items():
        size = len(name) + len(json.dumps(value))
        if len(kept) < _MOST_FIELDS and len(name) <= _LONGEST_NAME and size <= left:
            kept[name] = value
            left -= size
    return kept


_KEY = "streamName"


_ADDRESS = "serverUrl"


def redact_stream_keys(content: Any) -> Any:  # noqa: ANN401  JSON is anything
    """The same JSON without keys of streams, and without what logs in to their servers.

    Looked for at any depth: OpenTok has told targets as a list, and as an object by id.
    """
    if isinstance(content, list):
        return [redact_stream_keys(each) for each in content]
    if not isinstance(content, dict):
        return content
    return {
        name: _address(value) if name == _ADDRESS else redact_stream_keys(value)
        for name, value in content.items()
        if name != _KEY
    }


def _address(told: object) -> str | None:
    """Scheme, host, port and path alone; None where those are not what they seem."""
    try:
        parts = urlsplit(told if isinstance(told, str) else "")
        parts.port  # noqa: B018  raises where it is none
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2]
    # Of a password that holds /, ? or #, what stands before passes for the host and its port.
    misread = "@" in parts.path + parts.query + parts.fragment
    return f"{parts.scheme}://{host}{parts.path}" if host and not misread else None
