"""The records of a user in DynamoDB, found by a scan of the table.

No index leads from a user to all that names them: rooms hold users in sets and maps. An index of
connections would make each arrival dearer. So the rare search looks at every item.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.packed_ids import packed
from chalicelib.adapters.dynamodb.table import (
    ConditionFailed,
    Item,
    Table,
    call,
    deserialize,
    serialize,
    smaller,
)
from chalicelib.adapters.dynamodb.user_data.moved_usage import move_usage
from chalicelib.adapters.dynamodb.user_data.user_items import SEARCH, user_record
from chalicelib.core.model.user import is_guest_id
from chalicelib.core.model.user_data.user_record import RecordKind, UserRecord
from chalicelib.core.ports.user_data.user_record_store import RecordPage, SearchPlace
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import short_hash
from chalicelib.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ITEMS_OF_A_PAGE: Final = 1000
"""The number of items that a call looks at. DynamoDB ends it earlier, after 1 MB."""
_GONE: Final = "gone"


class DynamoDBUserRecords:
    """The store of a user's records."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def find_records(self, user_id: str, start: str | None, deadline: Deadline) -> RecordPage:
        response = self._scan(_naming(user_id), start, deadline)
        found = (user_record(item, user_id, _text_of(item)) for item in response["Items"])
        last = response.get("LastEvaluatedKey")
        return RecordPage(
            tuple(each for each in found if each is not None),
            None if last is None else _text_of(last),
        )

    def anonymize(
        self, record: UserRecord, user_id: str, tombstone: str, deadline: Deadline
    ) -> bool:
        key = _key_of(record.key)
        try:
            if record.kind is RecordKind.USAGE:
                move_usage(self._table, key, user_id, tombstone, deadline)
            else:
                self._table.update(key, _anonymizing(record, user_id, tombstone), deadline)
        except ConditionFailed:
            return False
        return True

    def position(self, place: SearchPlace, deadline: Deadline) -> str | None:
        item = self._table.get(_search_key(place), deadline)
        values = {} if item is None else deserialize(item)
        found: str | None = values.get(f"page{place.page}")
        return found

    def save_position(
        self, place: SearchPlace, position: str, until: datetime, deadline: Deadline
    ) -> None:
        write = UpdateBuilder().set(position, f"page{place.page}").remove(f"page{place.page - 2}")
        write.set(int(until.timestamp()), "expiresAt")
        self._table.update(_search_key(place), write, deadline)

    def _scan(
        self, naming: Mapping[str, Any], start: str | None, deadline: Deadline
    ) -> Mapping[str, Any]:
        request = {"TableName": self._table.name, "ConsistentRead": True, **naming}
        if start is not None:
            request["ExclusiveStartKey"] = _key_of(start)
        size = ITEMS_OF_A_PAGE
        while True:
            request["Limit"] = size
            try:
                return call(deadline, partial(self._table.client.scan, **request))
            except StoreUnavailable as error:
                size = smaller(size, error)


def _anonymizing(record: UserRecord, user_id: str, tombstone: str) -> UpdateBuilder:
    write = UpdateBuilder()
    match record.kind:
        case RecordKind.CONNECTION:
            write.set(tombstone, "userId").only_if_equal(user_id, "userId")
            write.only_if_equal(_GONE, "state")
            # A name that is there stays: a repeated report of the end does not bring the old one.
            write.set(tombstone, "name")
        case RecordKind.WAITING:
            kind = "guests" if is_guest_id(user_id) else "users"
            write.remove(kind, record.id).only_if_equal(user_id, kind, record.id, "userId")
        case _:
            write.set(tombstone, "createdBy").only_if_equal(user_id, "createdBy")
    return write


def _naming(user_id: str) -> dict[str, Any]:
    """Build a filter for the items that may name the user. It passes a few others."""
    naming = UpdateBuilder()
    user, key = naming.value(user_id), packed(user_id)
    pk, sk = naming.path("pk"), naming.path("sk")
    waiting, users = (naming.value(each) for each in ("waiting#", "list"))
    conditions: Sequence[str] = [
        *(f"{naming.path(name)} = {user}" for name in ("userId", "createdBy")),
        *(f"contains({naming.path(name)}, {user})" for name in ("members", "moderators")),
        *(
            f"attribute_exists({naming.path(name, key)})"
            for name in ("bans", "seats", "holds", "waiting", "adminsUntil")
        ),
        f"begins_with({pk}, {waiting}) AND {sk} = {users}",
        f"{pk} = {naming.value(f'user#{user_id}')}",
    ]
    naming.only_if(" OR ".join(f"({each})" for each in conditions))
    request = naming.check("", {})
    return {
        "FilterExpression": request["ConditionExpression"],
        "ExpressionAttributeNames": request["ExpressionAttributeNames"],
        "ExpressionAttributeValues": request["ExpressionAttributeValues"],
    }


def _search_key(place: SearchPlace) -> Item:
    of = short_hash(place.user_id)
    return serialize({"pk": f"user#{place.caller_id}", "sk": f"{SEARCH}{of}"})


def _text_of(item: Item) -> str:
    return json.dumps([item["pk"]["S"], item["sk"]["S"]])


def _key_of(text: str) -> Item:
    pk, sk = json.loads(text)
    return serialize({"pk": pk, "sk": sk})
