"""Fake media store."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from chalicelib.core.model.media import DELETED, Media, MediaCursor, MediaKind, MediaPage
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.timestamps import epoch_milliseconds
from tests.fakes.memory.records import MediaRecord
from tests.fakes.memory.table import MAX_BYTES, Table, whole_second

_TOMBSTONE: Final = timedelta(hours=48)
_READ_AT_ONCE: Final = 100


class FakeMedia:
    """Archives, broadcasts, captions and renders in memory."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, media: Media, deadline: Deadline, replacing: Media | None = None) -> bool:
        with self._table.faults.call("save", deadline):
            key = (media.room_id, media.kind, media.id)
            found = self._table.media.get(key)
            if _may_replace(found, media, replacing):
                after = _kept(found, media, _fields(media))
                # The content may be too large for one record. The status is kept then.
                fits = _bytes(after) <= MAX_BYTES
                self._table.media[key] = after if fits else _kept(found, media, {})
                return True
            if found is not None and not found.is_deleted:
                after = replace(found, content={**_fields(media), **found.content})
                if _bytes(after) <= MAX_BYTES:
                    self._table.media[key] = after
            return False

    def find(
        self, room_id: str, kind: MediaKind, media_id: str, deadline: Deadline
    ) -> Media | None:
        with self._table.faults.call("find_media", deadline):
            found = self._table.media.get((room_id, kind, media_id))
            if found is None or found.is_deleted:
                return None
            return _media_of((room_id, kind, media_id), found)

    def page(
        self,
        room_id: str,
        kind: MediaKind,
        start: MediaCursor | None,
        limit: int,
        deadline: Deadline,
    ) -> MediaPage:
        with self._table.faults.call("media_page", deadline):
            listed = sorted(self._listed(room_id, kind), reverse=True, key=_place)
            if start is not None:
                after = _moment(kind, epoch_milliseconds(start.created_at), start.id)
                listed = [each for each in listed if _place(each) < after]
            shown = tuple(media for _, media in listed[:limit])
            if len(listed) <= limit:
                return MediaPage(shown, None)
            return MediaPage(shown, MediaCursor(shown[-1].id, shown[-1].created_at))

    def iter_oldest_first(
        self, room_id: str, kind: MediaKind, deadline: Deadline
    ) -> Iterator[Media]:
        after = ""
        while True:
            with self._table.faults.call("iter_oldest_first", deadline):
                listed = sorted(self._listed(room_id, kind), key=_place)
            read = [each for each in listed if _place(each) > after][:_READ_AT_ONCE]
            yield from (media for _, media in read)
            if len(read) < _READ_AT_ONCE:
                return
            after = _place(read[-1])

    def running(self, room_id: str, deadline: Deadline) -> list[Media]:
        with self._table.faults.call("running", deadline):
            found = [
                (record.running, _media_of(key, record))
                for key, record in self._table.media.items()
                if key[0] == room_id and record.running is not None
            ]
            return [media for _, media in sorted(found, key=_place)]

    def _listed(self, room_id: str, kind: MediaKind) -> list[tuple[str, Media]]:
        """Return undeleted media of the room and kind, each with its place in lists."""
        return [
            (record.started, _media_of(key, record))
            for key, record in self._table.media.items()
            if key[:2] == (room_id, kind) and record.started is not None
        ]


def _may_replace(found: MediaRecord | None, media: Media, replacing: Media | None) -> bool:
    if replacing is not None:
        replaced = (replacing.status, replacing.updated_at)
        return found is not None and (found.status, found.updated_at) == replaced
    if found is None:
        return True
    return (found.rank, found.updated_at) <= (media.rank, media.updated_at) or (
        found.rank < media.rank
    )


def _kept(found: MediaRecord | None, media: Media, content: Mapping[str, str]) -> MediaRecord:
    """Return the newer state. Fields that only the older one has stay."""
    created_at = media.created_at if found is None else found.created_at
    place = _moment(media.kind, epoch_milliseconds(media.created_at), media.id)
    before = {} if found is None else found.content
    started = (found and found.started) or place
    is_deleted = media.status == DELETED
    return MediaRecord(
        session_id=media.session_id,
        status=media.status,
        rank=media.rank,
        created_at=created_at,
        updated_at=media.updated_at,
        content={} if is_deleted else {**before, **content},
        started=None if is_deleted else started,
        running=((found and found.running) or place) if media.is_running else None,
        expires=whole_second(media.updated_at + _TOMBSTONE) if is_deleted else None,
    )


def _media_of(key: tuple[str, MediaKind, str], record: MediaRecord) -> Media:
    room_id, kind, media_id = key
    return Media(
        kind=kind,
        id=media_id,
        room_id=room_id,
        session_id=record.session_id,
        status=record.status,
        created_at=record.created_at,
        updated_at=record.updated_at,
        content={name: json.loads(value) for name, value in record.content.items()},
    )


def _fields(media: Media) -> dict[str, str]:
    return {name: json.dumps(value, separators=(",", ":")) for name, value in media.content.items()}


def _place(listed: tuple[str, Media]) -> str:
    place, _ = listed
    return place


def _moment(kind: MediaKind, milliseconds: int, media_id: str) -> str:
    """Return a key that sorts by kind, then by time, then by id."""
    return f"{kind}#{milliseconds:015}#{media_id}"


def _bytes(record: MediaRecord) -> int:
    """Return about how many bytes DynamoDB would have to keep."""
    return sum(len(name.encode()) + len(value.encode()) for name, value in record.content.items())
