"""Writes as parts of a transaction."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.room_items import queue_of, room_key, session_item, session_key
from chalicelib.adapters.dynamodb.table import Item, deserialize
from chalicelib.core.model.attendance import LEAST_KEPT
from chalicelib.core.model.room import Room
from chalicelib.core.ports.session_store import CheckQueue
from chalicelib.core.support.formats import epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import (
        ConditionCheckTypeDef,
        TransactWriteItemTypeDef,
        UpdateTypeDef,
    )


def in_transaction(table: str, key: Item, write: UpdateBuilder) -> "TransactWriteItemTypeDef":
    return {"Update": cast("UpdateTypeDef", write.update(table, key))}


def unchanged_room(table: str, room: Room) -> "TransactWriteItemTypeDef":
    """Require that the stored room has the revision of this one."""
    write = UpdateBuilder().only_if_equal(room.room_id, "roomId")
    write.only_if_equal(room.revision, "revision")
    check = write.check(table, room_key(room.name))
    return {"ConditionCheck": cast("ConditionCheckTypeDef", check)}


def unrevoked(table: str, invitation: Item) -> "TransactWriteItemTypeDef":
    """Require that the invitation with this key exists, and is not revoked."""
    write = UpdateBuilder().only_if_present("pk").only_if_absent("revokedAt")
    check = write.check(table, invitation)
    return {"ConditionCheck": cast("ConditionCheckTypeDef", check)}


def retirement(
    table: str, room: Room, at: datetime, longest_token: timedelta, attendance: timedelta
) -> "TransactWriteItemTypeDef":
    """Retire the room's session: it is checked until its last token has expired.

    The item stays for as long as its attendance is kept. All attributes are set, so that a lost
    item does not prevent closing the room.
    """
    key, now, until = session_key(room.session_id), epoch_milliseconds(at), at + longest_token
    write = UpdateBuilder().set_if_absent(now, "createdAt").remove("unassigned")
    values = {
        **deserialize(session_item(room)),
        "dueKind": queue_of(room.session_id, CheckQueue.RETIRED),
        "dueAt": now,
        "quietSince": now,
        "retiredUntil": int(until.timestamp()),
        "expiresAt": int((until + max(attendance, LEAST_KEPT)).timestamp()),
    }
    for name, value in values.items():
        if name not in key:
            write.set(value, name)
    return in_transaction(table, key, write)
