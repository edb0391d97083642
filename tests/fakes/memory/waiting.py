"""Fake store of the waiting room."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

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
from chalicelib.core.ports.waiting_store import StaleWaiting, WaitingLook
from chalicelib.core.support.deadline import Deadline
from tests.fakes.memory.records import DecisionRecord, WaitingRecord
from tests.fakes.memory.seats import seats_after
from tests.fakes.memory.table import Table, whole_second

_LIST_KEPT: Final = timedelta(days=1)


class FakeWaiting:
    """Waiting users and decisions in memory."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def look(self, name: str, session_id: str, user: str | None, deadline: Deadline) -> WaitingLook:
        with self._table.faults.call("look", deadline):
            return self.found(name, session_id, user)

    def found(self, name: str, session_id: str, user: str | None) -> WaitingLook:
        """Return what a look finds, as a part of another call."""
        found = self._table.rooms.get(name.lower())
        room = None if found is None else found.room
        if room is None or room.session_id != session_id:
            return WaitingLook(room)
        decision = None if user is None else self._decision(session_id, user)
        return WaitingLook(room, self._waiting(session_id), decision)

    def waiting(self, room: Room, deadline: Deadline) -> WaitingList:
        with self._table.faults.call("waiting", deadline):
            return self._waiting(room.session_id)

    def decision(self, room: Room, user: str, deadline: Deadline) -> Decision | None:
        with self._table.faults.call("decision", deadline):
            return self._decision(room.session_id, user)

    def record(self, room: Room, change: ListChange, deadline: Deadline) -> None:
        with self._table.faults.call("record_waiting", deadline):
            now, before = self._waiting(room.session_id), change.before
            signals = change.signalled is not None or before.signalled_at is None
            is_gone = before.signalled_at is not None and now.signalled_at is None
            if is_gone or (signals and now.signalled_at != before.signalled_at):
                raise StaleWaiting
            known, found = change.before.users.get(change.user.id), now.users.get(change.user.id)
            if (known and known.asked_at) != (found and found.asked_at):
                raise StaleWaiting
            for each in change.forgotten:
                other = now.users.get(each.id)
                if other is None or other.asked_at != each.asked_at:
                    raise StaleWaiting
            kind = change.user.is_guest
            forgotten = _of_kind(change.forgotten, guests=kind)
            if (
                known is None
                and _of_kind(now.users.values(), guests=kind) >= MAX_WAITING + forgotten
            ):
                raise StaleWaiting
            gone = {each.id for each in change.forgotten}
            users = {each: other for each, other in now.users.items() if each not in gone}
            after = replace(now, users={**users, change.user.id: change.user})
            if signals:
                after = replace(after, signalled_at=change.at, signalled=change.signalled or 0)
            self._put(room, change, after)

    def approve(
        self, room: Room, change: ListChange, claim: SeatClaim | None, deadline: Deadline
    ) -> None:
        with self._table.faults.call("approve", deadline):
            record = self._table.current(room)
            seats = record.room.seats if claim is None else seats_after(record.room, claim)
            by = change.user.invitation_id
            self._remove(room, change, Decision(Verdict.APPROVED, change.at, by))
            self._table.put_room(record, seats=seats)

    def turn_away(self, room: Room, change: ListChange, deadline: Deadline) -> None:
        with self._table.faults.call("turn_away", deadline):
            by = change.user.invitation_id
            self._remove(room, change, Decision(Verdict.TURNED_AWAY, change.at, by))

    def remove(self, room: Room, users: Sequence[WaitingUser], deadline: Deadline) -> None:
        with self._table.faults.call("remove_waiting", deadline):
            found = self._table.waiting.get(room.session_id)
            if found is not None:
                gone = {each.id for each in users}
                kept = {id_: each for id_, each in found.waiting.users.items() if id_ not in gone}
                after = replace(found, waiting=replace(found.waiting, users=kept))
                self._table.waiting[room.session_id] = after

    def note_signal(
        self, room: Room, before: WaitingList, signalled: int, at: datetime, deadline: Deadline
    ) -> None:
        with self._table.faults.call("note_signal", deadline):
            record = self._table.waiting.get(room.session_id)
            if record is None or record.waiting.signalled_at != before.signalled_at:
                raise StaleWaiting
            after = replace(record.waiting, signalled_at=at, signalled=signalled)
            self._table.waiting[room.session_id] = replace(record, waiting=after)

    def decide(
        self,
        room: Room,
        user: str,
        before: Decision | None,
        decision: Decision,
        deadline: Deadline,
    ) -> None:
        with self._table.faults.call("decide", deadline):
            if self._decision(room.session_id, user) != before:
                raise StaleWaiting
            self._decide(room.session_id, user, decision)

    def send_out(self, room: Room, user: str, at: datetime, deadline: Deadline) -> None:
        with self._table.faults.call("send_out", deadline):
            found = self._decision(room.session_id, user)
            if found is None or found.turned_away_until(at) is None:
                self._decide(room.session_id, user, Decision(Verdict.SENT_OUT, at))

    def _remove(self, room: Room, change: ListChange, decision: Decision) -> None:
        now = self._waiting(room.session_id)
        if change.user.id not in now.users:
            raise StaleWaiting
        users = {each: other for each, other in now.users.items() if each != change.user.id}
        self._put(room, change, replace(now, users=users))
        self._decide(room.session_id, change.user.id, decision)

    def _put(self, room: Room, change: ListChange, after: WaitingList) -> None:
        expires = whole_second(change.at + _LIST_KEPT)
        self._table.waiting[room.session_id] = WaitingRecord(after, expires)

    def _decide(self, session_id: str, user: str, decision: Decision) -> None:
        expires = whole_second(decision.kept_until)
        self._table.decisions[session_id, user] = DecisionRecord(decision, expires)

    def _waiting(self, session_id: str) -> WaitingList:
        found = self._table.waiting.get(session_id)
        return WaitingList() if found is None else found.waiting

    def _decision(self, session_id: str, user: str) -> Decision | None:
        found = self._table.decisions.get((session_id, user))
        return None if found is None else found.decision


def _of_kind(users: Iterable[WaitingUser], *, guests: bool) -> int:
    return sum(each.is_guest is guests for each in users)
