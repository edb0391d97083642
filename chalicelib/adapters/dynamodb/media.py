"""Archives, broadcasts, captions and renders in DynamoDB: one item each, under their room's id.

Each field of OpenTok's object is an attribute of its own, because not every callback has all
fields. Two indexes are local, so that no read is stale: `media-by-start` serves lists, and
`media-running` holds only items that have not ended.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters.dynamodb.attribute_values import Item, deserialize, serialize
from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.table import ConditionFailed, Table, is_too_large
from chalicelib.core.model.media import DELETED, Media, MediaCursor, MediaKind, MediaPage
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import annotate, increment
from chalicelib.core.support.timestamps import epoch_milliseconds, from_epoch_milliseconds
from chalicelib.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_START: Final = "media-by-start"
RUNNING: Final = "media-running"
_TOMBSTONE: Final = timedelta(hours=48)
"""The time for which a deleted record stays, longer than OpenTok repeats a callback."""
_DIGITS: Final = 15
_PAGE_SIZE: Final = 100
_CONTENT: Final = "report:"
"""The prefix of the attributes that hold the fields of OpenTok's object, each as JSON."""


class DynamoDBMedia:
    """The media store."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def save(self, media: Media, deadline: Deadline, replacing: Media | None = None) -> bool:
        try:
            self._update(media, replacing, deadline)
        except ConditionFailed as failure:
            self._fill_in(media, failure.item, deadline)
            return False
        return True

    def _update(self, media: Media, replacing: Media | None, deadline: Deadline) -> None:
        try:
            self._table.update(_key_of(media), _state(media, replacing), deadline)
        except StoreUnavailable as failure:
            if not is_too_large(failure):
                raise
            # Many callbacks have brought more fields than an item holds. The status goes first.
            bare = replace(media, content={})
            self._table.update(_key_of(media), _state(bare, replacing), deadline)

    def _fill_in(self, media: Media, item: Item, deadline: Deadline) -> None:
        """Add the fields that the newer record lacks."""
        missing = _missing_fields(media, item)
        if missing is None:
            return
        try:
            self._table.update(_key_of(media), missing, deadline)
        except ConditionFailed:
            return
        except StoreUnavailable as failure:
            if not is_too_large(failure):
                raise

    def find(
        self, room_id: str, kind: MediaKind, media_id: str, deadline: Deadline
    ) -> Media | None:
        item = self._table.get(_key(room_id, kind, media_id), deadline)
        found = _readable([] if item is None else [item])
        return next((each for each in found if each.status != DELETED), None)

    def page(
        self,
        room_id: str,
        kind: MediaKind,
        start: MediaCursor | None,
        limit: int,
        deadline: Deadline,
    ) -> MediaPage:
        query = _by_start(room_id, kind) | {"ScanIndexForward": False, "Limit": limit + 1}
        if start is not None:
            query["ExclusiveStartKey"] = _key(room_id, kind, start.id) | serialize(
                {"startedAt": _moment(kind, epoch_milliseconds(start.created_at), start.id)}
            )
        found = list(islice(_readable(self._table.query(query, deadline)), limit + 1))
        shown = tuple(found[:limit])
        if len(found) <= limit:
            return MediaPage(shown, None)
        return MediaPage(shown, MediaCursor(shown[-1].id, shown[-1].created_at))

    def iter_oldest_first(
        self, room_id: str, kind: MediaKind, deadline: Deadline
    ) -> Iterator[Media]:
        query = _by_start(room_id, kind) | {"Limit": _PAGE_SIZE}
        return _readable(self._table.query(query, deadline))

    def running(self, room_id: str, deadline: Deadline) -> list[Media]:
        query: dict[str, Any] = {
            "IndexName": RUNNING,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": serialize({":pk": _pk(room_id)}),
            "ConsistentRead": True,
        }
        return list(_readable(self._table.query(query, deadline)))


def _by_start(room_id: str, kind: MediaKind) -> dict[str, Any]:
    return {
        "IndexName": BY_START,
        "KeyConditionExpression": "pk = :pk AND begins_with(startedAt, :kind)",
        "ExpressionAttributeValues": serialize({":pk": _pk(room_id), ":kind": f"{kind}#"}),
        "ConsistentRead": True,
    }


def _state(media: Media, replacing: Media | None) -> UpdateBuilder:
    """Return the write of a newer state, on condition that the record has no newer one."""
    since = epoch_milliseconds(media.created_at)
    updated = epoch_milliseconds(media.updated_at)
    content = _content(media)
    write = UpdateBuilder().set(media.rank, "rank").set(updated, "updatedAt")
    write.set(media.status, "status").set(media.session_id, "sessionId")
    write.set_if_absent(since, "createdAt")
    if media.status == DELETED:
        write.set(int((media.updated_at + _TOMBSTONE).timestamp()), "expiresAt")
        write.remove("startedAt")
        for name in content:
            write.remove(name)
    else:
        write.set_if_absent(_moment(media.kind, since, media.id), "startedAt")
        for name, value in content.items():
            write.set(value, name)
    if media.is_running:
        write.set_if_absent(_moment(media.kind, since, media.id), "runningSince")
    else:
        write.remove("runningSince")
    if replacing is not None:
        write.only_if_equal(replacing.status, "status")
        return write.only_if_equal(epoch_milliseconds(replacing.updated_at), "updatedAt")
    rank, updated_at = write.path("rank"), write.path("updatedAt")
    rank_now = write.value(media.rank)
    return write.only_if(
        f"attribute_not_exists({rank}) OR {rank} < {rank_now}"
        f" OR ({rank} = {rank_now} AND {updated_at} <= {write.value(updated)})"
    )


def _missing_fields(media: Media, item: Item) -> UpdateBuilder | None:
    """Return the write of the fields that the item lacks; None if it lacks none."""
    lacking = {name: value for name, value in _content(media).items() if name not in item}
    if not lacking or item.get("status") == {"S": DELETED}:
        return None
    write = UpdateBuilder().only_if_present("pk")
    for name, value in lacking.items():
        write.set_if_absent(value, name)
    return write


def _content(media: Media) -> dict[str, str]:
    """Return the content as attributes."""
    return {
        f"{_CONTENT}{name}": json.dumps(value, separators=(",", ":"))
        for name, value in media.content.items()
    }


def _readable(items: Iterable[Item]) -> Iterator[Media]:
    """Yield the items that can be read, so that a damaged one does not hide the others."""
    for item in items:
        try:
            media = _media_of(item)
        except (LookupError, ValueError, TypeError, AttributeError, OverflowError):
            increment("MediaUnreadable")
            annotate("unreadable", f"{item['pk']['S']} {item['sk']['S']}")
        else:
            yield media


def _media_of(item: Mapping[str, Any]) -> Media:
    values = deserialize(item)
    kind, _, media_id = values["sk"].partition("#")
    return Media(
        kind=MediaKind(kind),
        id=media_id,
        room_id=values["pk"].removeprefix("media#"),
        session_id=values["sessionId"],
        status=values["status"],
        created_at=from_epoch_milliseconds(values["createdAt"]),
        updated_at=from_epoch_milliseconds(values["updatedAt"]),
        content={
            name.removeprefix(_CONTENT): json.loads(value)
            for name, value in values.items()
            if name.startswith(_CONTENT)
        },
    )


def _pk(room_id: str) -> str:
    return f"media#{room_id}"


def _key_of(media: Media) -> Item:
    return _key(media.room_id, media.kind, media.id)


def _key(room_id: str, kind: MediaKind, media_id: str) -> Item:
    return serialize({"pk": _pk(room_id), "sk": f"{kind}#{media_id}"})


def _moment(kind: MediaKind, milliseconds: int, media_id: str) -> str:
    """Return a sort key by kind, time and id, because two may start in one millisecond."""
    return f"{kind}#{milliseconds:0{_DIGITS}}#{media_id}"
