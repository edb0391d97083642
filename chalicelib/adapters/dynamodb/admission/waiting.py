"""The waiting room in DynamoDB: items in a partition of their own for each session.

One item lists who asked lately: a map of signed-in users and one of guests, so that neither takes
the other's places. It is one item so that an answer can count who is ahead by one small read. Each
decision is an item of its own, because any number of users may be approved.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.dynamodb.admission.waiting_items import (
    GUESTS,
    USERS,
    decision_from_item,
    decision_key,
    kind_of,
    list_from_item,
    list_key,
    look_in,
    look_keys,
    values_of,
)
from chalicelib.adapters.dynamodb.batches import get_all
from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.room_items import room_from_item, room_key
from chalicelib.adapters.dynamodb.seats import claim_update
from chalicelib.adapters.dynamodb.table import ConditionFailed, Item, Table
from chalicelib.adapters.dynamodb.transactions import in_transaction, unchanged_room
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import SeatClaim
from chalicelib.core.model.waiting import (
    MAX_WAITING,
    TURNED_AWAY_FOR,
    Decision,
    ListChange,
    Verdict,
    WaitingList,
    WaitingUser,
)
from chalicelib.core.ports.room_store import StaleRoom
from chalicelib.core.ports.waiting_store import StaleWaiting, WaitingLook
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_LIST_KEPT: Final = timedelta(days=1)


class DynamoDBWaiting:
    """The store of waiting users and decisions."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def look(self, name: str, session_id: str, user: str | None, deadline: Deadline) -> WaitingLook:
        keys = look_keys(name, session_id, user)
        return look_in(get_all(self._table, keys, deadline), name, session_id, user)

    def waiting(self, room: Room, deadline: Deadline) -> WaitingList:
        return list_from_item(self._table.get(list_key(room.session_id), deadline))

    def decision(self, room: Room, user: str, deadline: Deadline) -> Decision | None:
        return decision_from_item(self._table.get(decision_key(room.session_id, user), deadline))

    def record(self, room: Room, change: ListChange, deadline: Deadline) -> None:
        try:
            self._table.update(list_key(room.session_id), _recording(change), deadline)
        except ConditionFailed as failure:
            raise StaleWaiting from failure

    def approve(
        self, room: Room, change: ListChange, claim: SeatClaim | None, deadline: Deadline
    ) -> None:
        decision = Decision(Verdict.APPROVED, change.at, change.user.invitation_id)
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
        decision = Decision(Verdict.TURNED_AWAY, change.at, change.user.invitation_id)
        try:
            self._table.transact(self._removal(room, change, decision), deadline)
        except ConditionFailed as failure:
            raise StaleWaiting from failure

    def remove(self, room: Room, users: Sequence[WaitingUser], deadline: Deadline) -> None:
        write = UpdateBuilder().only_if_present("signalledAt")
        for each in users:
            write.remove(kind_of(each), each.id)
        with suppress(ConditionFailed):
            self._table.update(list_key(room.session_id), write, deadline)

    def note_signal(
        self, room: Room, before: WaitingList, signalled: int, at: datetime, deadline: Deadline
    ) -> None:
        write = _noting_signal(before, signalled, at).only_if_present("signalled")
        try:
            self._table.update(list_key(room.session_id), write, deadline)
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
            self._table.update(decision_key(room.session_id, user), write, deadline)
        except ConditionFailed as failure:
            raise StaleWaiting from failure

    def send_out(self, room: Room, user: str, at: datetime, deadline: Deadline) -> None:
        write = _deciding(Decision(Verdict.SENT_OUT, at))
        verdict, ended = (
            write.path("verdict"),
            write.value(epoch_milliseconds(at - TURNED_AWAY_FOR)),
        )
        turned_away = write.value(Verdict.TURNED_AWAY.value)
        write.only_if(
            f"attribute_not_exists({verdict}) OR {verdict} <> {turned_away}"
            f" OR {write.path('at')} <= {ended}"
        )
        with suppress(ConditionFailed):
            self._table.update(decision_key(room.session_id, user), write, deadline)

    def _removal(
        self, room: Room, change: ListChange, decision: Decision
    ) -> "list[TransactWriteItemTypeDef]":
        key = decision_key(room.session_id, change.user.id)
        return [
            self._update(list_key(room.session_id), _removing(change)),
            self._update(key, _deciding(decision)),
        ]

    def _update(self, key: Item, write: UpdateBuilder) -> "TransactWriteItemTypeDef":
        return in_transaction(self._table.name, key, write)


def _recording(change: ListChange) -> UpdateBuilder:
    user, kind, values = change.user, kind_of(change.user), values_of(change.user)
    is_first, write = change.before.signalled_at is None, UpdateBuilder()
    if is_first or change.signalled is not None:
        write = _noting_signal(change.before, change.signalled or 0, change.at)
    write.set(_seconds(change.at + _LIST_KEPT), "expiresAt")
    if is_first:
        return write.set({user.id: values}, kind).set({}, USERS if user.is_guest else GUESTS)
    known = change.before.users.get(user.id)
    if known is None:
        forgotten = sum(each.is_guest is user.is_guest for each in change.forgotten)
        most = write.value(MAX_WAITING + forgotten)
        write.only_if_absent(kind, user.id).only_if(f"size({write.path(kind)}) < {most}")
    else:
        write.only_if_equal(epoch_milliseconds(known.asked_at), kind, user.id, "askedAt")
    for each in change.forgotten:
        place = kind_of(each), each.id
        write.only_if_equal(epoch_milliseconds(each.asked_at), *place, "askedAt").remove(*place)
    return write.set(values, kind, user.id)


def _removing(change: ListChange) -> UpdateBuilder:
    user = change.user
    write = UpdateBuilder().set(_seconds(change.at + _LIST_KEPT), "expiresAt")
    return write.remove(kind_of(user), user.id).only_if_present(kind_of(user), user.id)


def _noting_signal(before: WaitingList, signalled: int, at: datetime) -> UpdateBuilder:
    """Note what moderators are about to be signalled, if nobody has noted another number."""
    signalled_at = None if before.signalled_at is None else epoch_milliseconds(before.signalled_at)
    write = UpdateBuilder().only_if_unchanged(signalled_at, "signalledAt")
    return write.set(epoch_milliseconds(at), "signalledAt").set(signalled, "signalled")


def _deciding(decision: Decision) -> UpdateBuilder:
    write = UpdateBuilder().set(decision.verdict.value, "verdict")
    write.set(epoch_milliseconds(decision.at), "at")
    if decision.invitation_id is None:
        write.remove("invitation")
    else:
        write.set(decision.invitation_id, "invitation")
    return write.set(_seconds(decision.kept_until), "expiresAt")


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
