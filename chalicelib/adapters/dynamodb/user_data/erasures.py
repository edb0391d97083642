"""The progress of erasures in DynamoDB: one item for each user, by a hash of the user's id.

Items of erasures that have ended name nobody, and expire. `user_records` has the other writes.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.room_items import moment
from chalicelib.adapters.dynamodb.table import (
    ConditionFailed,
    Item,
    Table,
    deserialize,
    serialize,
)
from chalicelib.core.model.user_data.user_record import OUTCOME_KEPT, Erasure, Recording
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds, from_epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PutTypeDef

_PARTITION: Final = "erasures"


class DynamoDBErasures:
    """The store of erasures."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def begin_erasure(self, erasure: Erasure, deadline: Deadline) -> Erasure:
        # An attribute that is absent is no text, so one that has ended is replaced.
        is_ended = UpdateBuilder().only_if_absent("of")
        try:
            self._put(erasure, is_ended, deadline)
        except ConditionFailed as failure:
            return _erasure(failure.item)
        return erasure

    def find_erasure(self, of: str, deadline: Deadline) -> Erasure | None:
        item = self._table.get(_key(of), deadline)
        return None if item is None else _erasure(item)

    def running(self, deadline: Deadline) -> Sequence[Erasure]:
        query = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": serialize({":pk": _PARTITION}),
            "ConsistentRead": True,
        }
        every = (_erasure(item) for item in self._table.query(query, deadline))
        return [each for each in every if each.user_id is not None]

    def save_progress(self, before: Erasure, after: Erasure, deadline: Deadline) -> Erasure | None:
        is_same = UpdateBuilder().only_if_equal(before.version, "version")
        is_same.only_if_equal(epoch_milliseconds(before.requested_at), "requestedAt")
        saved = after.saved(before)
        try:
            self._put(saved, is_same, deadline)
        except ConditionFailed:
            return None
        return saved

    def _put(self, erasure: Erasure, condition: UpdateBuilder, deadline: Deadline) -> None:
        request = condition.check(self._table.name, {})
        del request["Key"]
        put: PutTypeDef = {**request, "Item": _item(erasure)}  # type: ignore[typeddict-item]
        self._table.transact([{"Put": put}], deadline)


def _key(of: str) -> Item:
    return serialize({"pk": _PARTITION, "sk": of})


def _item(erasure: Erasure) -> Item:
    ended = erasure.finished_at
    values: dict[str, object] = {
        "of": erasure.user_id,
        "tombstone": erasure.tombstone,
        "byUser": erasure.by_user,
        "requestedAt": epoch_milliseconds(erasure.requested_at),
        "startsAt": epoch_milliseconds(erasure.starts_at),
        "position": erasure.position,
        "passes": erasure.passes,
        "found": erasure.found,
        "erased": erasure.erased,
        "waitsFor": erasure.waits_for,
        "keptBans": erasure.kept_bans,
        "recordings": frozenset(f"{each.room} {each.archive_id}" for each in erasure.recordings),
        "version": erasure.version,
    }
    if ended is not None:
        values["finishedAt"] = epoch_milliseconds(ended)
        values["expiresAt"] = int((ended + OUTCOME_KEPT).timestamp())
    return _key(erasure.of) | serialize(values)


def _erasure(item: Item) -> Erasure:
    values: dict[str, Any] = deserialize(item)
    return Erasure(
        of=values["sk"],
        user_id=values.get("of"),
        tombstone=values.get("tombstone"),
        by_user=values["byUser"],
        requested_at=from_epoch_milliseconds(values["requestedAt"]),
        starts_at=from_epoch_milliseconds(values["startsAt"]),
        position=values.get("position"),
        passes=values["passes"],
        found=values["found"],
        waits_for=frozenset(values.get("waitsFor", ())),
        erased=values["erased"],
        kept_bans=frozenset(values.get("keptBans", ())),
        recordings=frozenset(
            Recording(*each.split(" ", 1)) for each in values.get("recordings", ())
        ),
        finished_at=moment(values.get("finishedAt")),
        version=values["version"],
    )
