"""The waiting room in DynamoDB: items in a partition of their own for each session.

One item lists who asked lately: a map of signed-in users and one of guests, so that neither takes
the other's places. It is one item so that an answer can count who is ahead by one small read. Each
decision is an item of its own, because any number of users may be approved.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters.dynamodb.batches import get_all
from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.room_items import room_from_item, room_key
from chalicelib.adapters.dynamodb.seats import claim_update
from chalicelib.adapters.dynamodb.table import ConditionFailed, Item, Table, deserialize, serialize
from chalicelib.adapters.dynamodb.transactions import in_transaction, unchanged_room
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import SeatClaim
from chalicelib.core.model.waiting import (
    MAX_WAITING,
    Decision,
    ListChange,
    Verdict,
    WaitingList,
    WaitingUser,
)
from chalicelib.core.ports.room_store import StaleRoom
from chalicelib.core.ports.waiting_store import StaleWaiting, WaitingLook
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds, from_epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_LIST_KEPT: Final = timedelta(days=1)
_USERS, _GUESTS = "users", "guests"


class DynamoDBWaiting:
    """The store of waiting users and decisions."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def look(self, name: str, session_id: str, user: str | None, deadline: Deadline) -> WaitingLook:
        keys = look_keys(name, session_id, user)
        return look_in(get_all(self._table, keys, deadline), name, session_id, user)

    def waiting(self, room: Room, deadline: Deadline) -> WaitingList:
        return _list(self._table.get(_list_key(room.session_id), deadline))

    def decision(self, room: Room, user: str, deadline: Deadline) -> Decision | None:
        return _decision(self._table.get(_decision_key(room.session_id, user), deadline))

    def record(self, room: Room, change: ListChange, deadline: Deadline) -> None:
        try:
            self._table.update(_list_key(room.session_id), _recording(change), deadline)
        except ConditionFailed as failure:
            raise StaleWaiting from failure

    def approve(
        self, room: Room, change: ListChange, claim: SeatClaim | None, deadline: Deadline
    ) -> None:
        decision = Decision(Verdict.APPROVED, change.at)
        if claim is None:
            room_write = unchanged_room(self._table.name, room)
        else:
            room_write = self._update(room_key(room.name), claim_update(room, claim))
        writes = [room_write, *self._removal(room, change, decision)]
        try:
            self._table.transact(writes, deadline)
        except ConditionFailed as failure:
            if failure.write:
                raise StaleWaiting from failure
            raise StaleRoom(room_from_item(failure.item) if failure.item else None) from failure

    def turn_away(self, room: Room, change: ListChange, deadline: Deadline) -> None:
        decision = Decision(Verdict.TURNED_AWAY, change.at)
        try:
            self._table.transact(self._removal(room, change, decision), deadline)
        except ConditionFailed as failure:
            raise StaleWaiting from failure

    def note_signal(
        self, room: Room, before: WaitingList, signalled: int, at: datetime, deadline: Deadline
    ) -> None:
        write = _noting_signal(before, signalled, at).only_if_present("signalled")
        try:
            self._table.update(_list_key(room.session_id), write, deadline)
        except ConditionFailed as failure:
            raise StaleWaiting from failure

    def decide(
        self,
        room: Room,
        user: str,
        before: Decision | None,
        decision: Decision,
        deadline: Deadline,
    ) -> None:
        at = None if before is None else epoch_milliseconds(before.at)
        write = _deciding(decision).only_if_unchanged(at, "at")
        if before is not None:
            write.only_if_equal(before.verdict.value, "verdict")
        try:
            self._table.update(_decision_key(room.session_id, user), write, deadline)
        except ConditionFailed as failure:
            raise StaleWaiting from failure

    def send_out(self, room: Room, user: str, at: datetime, deadline: Deadline) -> None:
        write = _deciding(Decision(Verdict.SENT_OUT, at))
        write.only_if_equal(Verdict.APPROVED.value, "verdict")
        with suppress(ConditionFailed):
            self._table.update(_decision_key(room.session_id, user), write, deadline)

    def _removal(
        self, room: Room, change: ListChange, decision: Decision
    ) -> "list[TransactWriteItemTypeDef]":
        key = _decision_key(room.session_id, change.user.id)
        return [
            self._update(_list_key(room.session_id), _removing(change)),
            self._update(key, _deciding(decision)),
        ]

    def _update(self, key: Item, write: UpdateBuilder) -> "TransactWriteItemTypeDef":
        return in_transaction(self._table.name, key, write)


def look_keys(name: str, session_id: str, user: str | None) -> list[Item]:
    """Return the keys of a room, its waiting room, and the decision about a user, if any."""
    keys = [room_key(name), _list_key(session_id)]
    return keys if user is None else [*keys, _decision_key(session_id, user)]


def look_in(items: Sequence[Item], name: str, session_id: str, user: str | None) -> WaitingLook:
    """Return what was found under these keys."""
    room = _of_key(items, room_key(name))
    current = None if room is None else room_from_item(room)
    if current is None or current.session_id != session_id:
        return WaitingLook(current)
    found = None if user is None else _of_key(items, _decision_key(session_id, user))
    return WaitingLook(current, _list(_of_key(items, _list_key(session_id))), _decision(found))


def _list_key(session_id: str) -> Item:
    return serialize({"pk": f"waiting#{session_id}", "sk": "list"})


def _decision_key(session_id: str, user: str) -> Item:
    return serialize({"pk": f"waiting#{session_id}", "sk": f"decision#{user}"})


def _of_key(items: Sequence[Item], key: Item) -> Item | None:
    return next((item for item in items if key.items() <= item.items()), None)


def _kind(user: WaitingUser) -> str:
    return _GUESTS if user.is_guest else _USERS


def _recording(change: ListChange) -> UpdateBuilder:
    user, kind, values = change.user, _kind(change.user), _values(change.user)
    is_first, write = change.before.signalled_at is None, UpdateBuilder()
    if is_first or change.signalled is not None:
        write = _noting_signal(change.before, change.signalled or 0, change.at)
    write.set(_seconds(change.at + _LIST_KEPT), "expiresAt")
    if is_first:
        return write.set({user.id: values}, kind).set({}, _USERS if user.is_guest else _GUESTS)
    known = change.before.users.get(user.id)
    if known is None:
        forgotten = sum(each.is_guest is user.is_guest for each in change.forgotten)
        most = write.value(MAX_WAITING + forgotten)
        write.only_if_absent(kind, user.id).only_if(f"size({write.path(kind)}) < {most}")
    else:
        write.only_if_equal(epoch_milliseconds(known.asked_at), kind, user.id, "askedAt")
    for each in change.forgotten:
        asked_at = epoch_milliseconds(each.asked_at)
        write.only_if_equal(asked_at, _kind(each), each.id, "askedAt").remove(_kind(each), each.id)
    return write.set(values, kind, user.id)


def _removing(change: ListChange) -> UpdateBuilder:
    user = change.user
    write = UpdateBuilder().set(_seconds(change.at + _LIST_KEPT), "expiresAt")
    return write.remove(_kind(user), user.id).only_if_present(_kind(user), user.id)


def _noting_signal(before: WaitingList, signalled: int, at: datetime) -> UpdateBuilder:
    """Note what moderators are about to be signalled, if nobody has noted another number."""
    signalled_at = None if before.signalled_at is None else epoch_milliseconds(before.signalled_at)
    write = UpdateBuilder().only_if_unchanged(signalled_at, "signalledAt")
    return write.set(epoch_milliseconds(at), "signalledAt").set(signalled, "signalled")


def _deciding(decision: Decision) -> UpdateBuilder:
    write = UpdateBuilder().set(decision.verdict.value, "verdict")
    write.set(epoch_milliseconds(decision.at), "at")
    return write.set(_seconds(decision.kept_until), "expiresAt")


def _values(user: WaitingUser) -> dict[str, object]:
    values: dict[str, object] = {
        "userId": user.user_id,
        "since": epoch_milliseconds(user.since),
        "askedAt": epoch_milliseconds(user.asked_at),
    }
    return values if user.name is None else {**values, "name": user.name}


def _list(item: Mapping[str, Any] | None) -> WaitingList:
    if item is None:
        return WaitingList()
    values = deserialize(item)
    users = {**values[_USERS], **values[_GUESTS]}
    return WaitingList(
        {each: _user(each, value) for each, value in users.items()},
        from_epoch_milliseconds(values["signalledAt"]),
        values["signalled"],
    )


def _user(each: str, values: Mapping[str, Any]) -> WaitingUser:
    since, asked_at = values["since"], values["askedAt"]
    return WaitingUser(
        each,
        values["userId"],
        values.get("name"),
        from_epoch_milliseconds(since),
        from_epoch_milliseconds(asked_at),
    )


def _decision(item: Mapping[str, Any] | None) -> Decision | None:
    if item is None:
        return None
    values = deserialize(item)
    return Decision(Verdict(values["verdict"]), from_epoch_milliseconds(values["at"]))


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
