"""Waiting users and decisions that every store keeps, on every engine."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, cast

import pytest

from chalicelib.adapters.dynamodb.admission.waiting import DynamoDBWaiting
from chalicelib.adapters.dynamodb.table import serialize
from chalicelib.core.model.connection import Connection, Participant
from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.seats import HOLD, Seats
from chalicelib.core.model.waiting import (
    FORGOTTEN_AFTER,
    MAX_FORGOTTEN_AT_ONCE,
    MAX_WAITING,
    SIGNAL_EVERY,
    TURNED_AWAY_FOR,
    Decision,
    Verdict,
    WaitingList,
    WaitingUser,
    waiting_id,
)
from chalicelib.core.ports.room_store import StaleRoom
from chalicelib.core.ports.waiting_store import StaleWaiting, WaitingLook
from chalicelib.core.support.formats import epoch_milliseconds as milliseconds
from tests.support.at_once import all_at_once
from tests.support.counted import CountedClient, item_bytes
from tests.support.servers.stand_ins import TABLE
from tests.support.stores.engines import Database, Engine
from tests.support.stores.example_rooms import MILLISECOND, NOON, a_room, soon

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LATER = NOON + FORGOTTEN_AFTER
APPROVED = Decision(Verdict.APPROVED, NOON)


def stored(database: Database, seats: Seats | None = None, cap: int | None = None) -> Room:
    settings = RoomSettings(waiting_room=True, max_participants=cap)
    room = replace(a_room(settings=settings), seats=seats or Seats())
    return database.stores.rooms.create(room, None, soon())


def a_user(room: Room, user_id: str = "bob", name: str | None = "Bob") -> WaitingUser:
    return WaitingUser(waiting_id(room.session_id, user_id), user_id, name, NOON, NOON)


def look(database: Database, room: Room, user: WaitingUser | None = None) -> WaitingLook:
    of_user = None if user is None else user.id
    return database.stores.waiting.look(room.name, room.session_id, of_user, soon())


def record(database: Database, room: Room, *users: WaitingUser) -> WaitingList:
    """Record these users one after the other, and return the list afterwards."""
    for user in users:
        before = database.stores.waiting.waiting(room, soon())
        database.stores.waiting.record(room, before.recording(user, user.asked_at), soon())
    return database.stores.waiting.waiting(room, soon())


def test_a_user_comes_back_as_they_were_recorded(database: Database) -> None:
    room = stored(database)
    users = [a_user(room), a_user(room, "guest:1", None), a_user(room, "ж" * 127, "🎥" * 25)]
    found = record(database, room, *users)
    assert found == WaitingList({each.id: each for each in users}, NOON, 1)
    assert look(database, room, users[0]) == WaitingLook(room, found)


def test_a_guests_approval_names_the_invitation_by_which_they_asked(database: Database) -> None:
    room = stored(database)
    guest = replace(a_user(room, "guest:1"), invitation_id="invitation-1", takes_use=True)
    found = record(database, room, guest)
    assert found.users == {guest.id: guest}
    database.stores.waiting.approve(room, found.removing(guest, NOON), None, soon())
    approval = replace(APPROVED, invitation_id="invitation-1")
    assert look(database, room, guest).decision == approval
    database.stores.waiting.decide(room, guest.id, approval, APPROVED, soon())
    assert look(database, room, guest).decision == APPROVED


def test_a_look_is_at_the_room_its_list_and_one_decision(database: Database) -> None:
    room = stored(database)
    assert look(database, room) == WaitingLook(room)
    bob, carol = a_user(room), a_user(room, "carol")
    found = record(database, room, bob, carol)
    database.stores.waiting.approve(room, found.removing(bob, NOON), None, soon())
    left = WaitingList({carol.id: carol}, NOON, 1)
    assert look(database, room, bob) == WaitingLook(room, left, APPROVED)
    assert look(database, room, carol) == WaitingLook(room, left)
    assert look(database, room) == WaitingLook(room, left)


def test_no_waiting_room_is_found_of_another_session_or_of_no_room(database: Database) -> None:
    room = stored(database)
    record(database, room, a_user(room))
    reopened = replace(room, session_id="another", seats=Seats())
    database.stores.rooms.compare_and_set(room, reopened, NOON, soon())
    assert look(database, room, a_user(room)) == WaitingLook(replace(reopened, revision=2))
    assert look(database, replace(room, name="nowhere")) == WaitingLook(None)
    assert database.stores.waiting.waiting(reopened, soon()) == WaitingList()


def test_a_user_is_recorded_again_and_not_twice(database: Database) -> None:
    room = stored(database)
    bob = a_user(room)
    before = record(database, room, bob)
    again = replace(bob, asked_at=NOON + SIGNAL_EVERY)
    database.stores.waiting.record(room, before.recording(again, again.asked_at), soon())
    with pytest.raises(StaleWaiting):
        database.stores.waiting.record(room, before.recording(again, again.asked_at), soon())
    as_new = replace(before, users={}).recording(bob, NOON)
    with pytest.raises(StaleWaiting):
        database.stores.waiting.record(room, as_new, soon())
    assert database.stores.waiting.waiting(room, soon()).users == {bob.id: again}


def test_two_first_users_at_once_are_both_recorded_by_the_second_try(database: Database) -> None:
    room = stored(database)
    bob, carol = a_user(room), a_user(room, "carol")
    record(database, room, bob)
    with pytest.raises(StaleWaiting):
        database.stores.waiting.record(room, WaitingList().recording(carol, NOON), soon())
    assert record(database, room, carol).users.keys() == {bob.id, carol.id}


def test_users_who_have_stopped_asking_are_forgotten_unless_they_ask_again(
    database: Database,
) -> None:
    room = stored(database)
    bob, guest, carol = (a_user(room, each) for each in ("bob", "guest:1", "carol"))
    before = record(database, room, bob, guest)
    late = replace(carol, since=LATER, asked_at=LATER)
    change = before.recording(late, LATER)
    assert set(change.forgotten) == {bob, guest}
    again = replace(bob, since=LATER, asked_at=LATER)
    database.stores.waiting.record(
        room, replace(before.recording(again, LATER), forgotten=(), signalled=None), soon()
    )
    with pytest.raises(StaleWaiting):
        database.stores.waiting.record(room, change, soon())
    assert record(database, room, late).users == {bob.id: again, carol.id: late}


def fill(database: Database, room: Room, users: Sequence[WaitingUser]) -> WaitingList:
    """Record the users of one kind, in DynamoDB by one write of the whole item."""
    if not isinstance(database, Engine):
        return record(database, room, *users)
    asked = {"since": milliseconds(NOON), "askedAt": milliseconds(NOON)}
    record(database, room, users[0])
    database.client.update_item(
        TableName=TABLE,
        Key=serialize({"pk": f"waiting#{room.session_id}", "sk": "list"}),
        UpdateExpression="SET #kind = :users",
        ExpressionAttributeNames={"#kind": "guests" if users[0].is_guest else "users"},
        ExpressionAttributeValues=serialize(
            {":users": {each.id: {"userId": each.user_id, **asked} for each in users}}
        ),
    )
    return database.stores.waiting.waiting(room, soon())


@pytest.mark.parametrize(("full", "other"), [("user-", "guest:"), ("guest:", "user-")])
def test_no_more_users_wait_than_may_and_guests_have_places_of_their_own(
    database: Database, full: str, other: str
) -> None:
    room = stored(database)
    users = [a_user(room, f"{full}{number}", None) for number in range(MAX_WAITING)]
    crowd = fill(database, room, users)
    assert crowd.users == {each.id: each for each in users}
    late = crowd.recording(a_user(room, f"{full}late"), NOON)
    with pytest.raises(StaleWaiting):
        database.stores.waiting.record(room, late, soon())
    record(database, room, a_user(room, f"{other}late"))
    later = replace(late.user, since=LATER, asked_at=LATER)
    assert len(record(database, room, later).users) == MAX_WAITING + 2 - MAX_FORGOTTEN_AT_ONCE


def test_many_first_users_at_once_are_all_recorded(database: Database) -> None:
    room = stored(database)

    def ask(user: WaitingUser) -> None:
        for _ in range(20):
            try:
                record(database, room, user)
            except StaleWaiting:
                continue
            return

    users = [a_user(room, f"user-{number}") for number in range(8)]
    all_at_once([partial(ask, user) for user in users])
    found = database.stores.waiting.waiting(room, soon())
    assert found.users == {each.id: each for each in users}


# Decisions.


def test_an_approval_keeps_a_seat_and_removes_the_user_from_the_list(database: Database) -> None:
    room = stored(database, cap=1)
    bob = a_user(room)
    found = record(database, room, bob)
    claim = room.seats.claim_for_join("bob", 1, NOON, longest_wait=HOLD)
    change = found.removing(bob, NOON)
    database.stores.waiting.approve(room, change, claim, soon())
    seen = look(database, room, bob)
    assert seen.room is not None
    assert seen.room.seats == Seats({"bob": {}}, {"bob": NOON + HOLD}, {"bob": NOON})
    assert (seen.waiting.users, seen.decision) == ({}, APPROVED)
    before = database.snapshot()
    for room_now in (room, seen.room):
        with pytest.raises((StaleRoom, StaleWaiting)):
            database.stores.waiting.approve(room_now, change, claim, soon())
    assert database.snapshot() == before


def test_nobody_is_approved_without_the_seat_that_was_free(database: Database) -> None:
    room = stored(database, cap=1)
    bob = a_user(room)
    found = record(database, room, bob)
    claims = [room.seats.claim_for_join(each, 1, NOON) for each in ("bob", "carol")]
    assert claims[1] is not None
    database.stores.seats.write_claim(room, claims[1], soon())
    before = database.snapshot()
    with pytest.raises(StaleRoom) as refusal:
        database.stores.waiting.approve(room, found.removing(bob, NOON), claims[0], soon())
    assert refusal.value.room is not None
    assert refusal.value.room.seats.connections == {"carol": {}}
    assert database.snapshot() == before


@pytest.mark.parametrize("cap", [None, 2])
def test_nobody_is_approved_by_rules_that_have_changed(database: Database, cap: int | None) -> None:
    room = stored(database, cap=cap)
    bob = a_user(room)
    found = record(database, room, bob)
    claim = None if cap is None else room.seats.claim_for_join("bob", cap, NOON)
    changed = replace(room, bans={"bob": NOON})
    database.stores.rooms.compare_and_set(room, changed, NOON, soon())
    with pytest.raises(StaleRoom) as refusal:
        database.stores.waiting.approve(room, found.removing(bob, NOON), claim, soon())
    assert refusal.value.room == replace(changed, revision=2)
    assert look(database, room, bob).decision is None


def test_a_user_who_was_turned_away_does_not_wait(database: Database) -> None:
    room = stored(database)
    bob = replace(a_user(room), invitation_id="1" * 24)
    found = record(database, room, bob)
    change = found.removing(bob, NOON + MILLISECOND)
    database.stores.waiting.turn_away(room, change, soon())
    decision = Decision(Verdict.TURNED_AWAY, NOON + MILLISECOND, "1" * 24)
    assert look(database, room, bob) == WaitingLook(room, WaitingList({}, NOON, 1), decision)
    with pytest.raises(StaleWaiting):
        database.stores.waiting.turn_away(room, change, soon())
    with pytest.raises(StaleWaiting):
        database.stores.waiting.approve(room, change, None, soon())
    assert database.stores.waiting.decision(room, bob.id, soon()) == decision


def test_a_decision_is_put_only_in_the_place_of_the_one_that_was_read(database: Database) -> None:
    room = stored(database)
    store, later = database.stores.waiting, Decision(Verdict.APPROVED, LATER)
    store.decide(room, "id", None, APPROVED, soon())
    for stale in (None, later, replace(APPROVED, verdict=Verdict.TURNED_AWAY)):
        with pytest.raises(StaleWaiting):
            store.decide(room, "id", stale, later, soon())
    assert store.decision(room, "id", soon()) == APPROVED
    store.decide(room, "id", APPROVED, later, soon())
    assert store.decision(room, "id", soon()) == later
    assert store.decision(room, "other", soon()) is None


def test_every_user_is_sent_out_but_one_who_is_turned_away_still(database: Database) -> None:
    room = stored(database)
    store, sent_out = database.stores.waiting, Decision(Verdict.SENT_OUT, NOON)
    store.send_out(room, "new", NOON, soon())
    assert store.decision(room, "new", soon()) == sent_out
    store.decide(room, "approved", None, APPROVED, soon())
    store.send_out(room, "approved", NOON, soon())
    assert store.decision(room, "approved", soon()) == sent_out
    turned_away, until = Decision(Verdict.TURNED_AWAY, NOON), NOON + TURNED_AWAY_FOR
    store.decide(room, "away", None, turned_away, soon())
    store.send_out(room, "away", until - MILLISECOND, soon())
    assert store.decision(room, "away", soon()) == turned_away
    store.send_out(room, "away", until, soon())
    assert store.decision(room, "away", soon()) == Decision(Verdict.SENT_OUT, until)


def test_users_are_removed_from_the_list_without_a_decision(database: Database) -> None:
    room = stored(database)
    store, bob, guest = database.stores.waiting, a_user(room), a_user(room, "guest:1")
    store.remove(room, [bob], soon())
    assert store.waiting(room, soon()) == WaitingList()
    found = record(database, room, bob, guest, a_user(room, "carol"))
    store.remove(room, [bob, guest, a_user(room, "nobody")], soon())
    carol = a_user(room, "carol")
    left = replace(found, users={carol.id: carol})
    assert look(database, room, bob) == WaitingLook(room, left)


def test_a_signal_is_noted_once(database: Database) -> None:
    room = stored(database)
    before = record(database, room, a_user(room))
    database.stores.waiting.note_signal(room, before, 0, LATER, soon())
    found = database.stores.waiting.waiting(room, soon())
    assert found == replace(before, signalled=0, signalled_at=LATER)
    with pytest.raises(StaleWaiting):
        database.stores.waiting.note_signal(room, before, 3, LATER, soon())
    change = replace(before.recording(a_user(room, "carol"), LATER), forgotten=())
    with pytest.raises(StaleWaiting):
        database.stores.waiting.record(room, change, soon())
    empty = replace(room, session_id="another")
    with pytest.raises(StaleWaiting):
        database.stores.waiting.note_signal(empty, WaitingList(), 0, LATER, soon())


def test_the_records_of_a_waiting_room_expire(database: Database) -> None:
    room = stored(database)
    users = [a_user(room, each) for each in ("bob", "carol", "dora")]
    found = record(database, room, *users)
    database.stores.waiting.approve(room, found.removing(users[0], NOON), None, soon())
    database.stores.waiting.turn_away(room, found.removing(users[1], NOON), soon())
    database.stores.waiting.approve(room, found.removing(users[2], NOON), None, soon())
    database.stores.waiting.send_out(room, users[2].id, NOON, soon())
    key = f"waiting#{room.session_id}"
    expiries = sorted(str(at) for known, at in database.expiries() if known == key)
    kept = (timedelta(days=1), timedelta(days=31), timedelta(days=31), timedelta(days=90))
    assert expiries == sorted(str(NOON + each) for each in kept)


def test_a_connection_is_found_while_it_lasts(database: Database) -> None:
    room = stored(database)
    sessions = database.stores.sessions
    session = sessions.session(room.session_id, soon())
    assert session is not None
    assert sessions.connection(session.id, "c1", soon()) is None
    connection = Connection("c1", NOON, Participant("bob", "Bob"))
    sessions.record_connection(session, connection, soon())
    assert sessions.connection(session.id, "c1", soon()) == connection
    sessions.record_disconnection(session, "c1", LATER, soon())
    assert sessions.connection(session.id, "c1", soon()) is None


# What it costs.


def test_a_look_at_a_full_waiting_room_is_one_read_of_a_few_units(engine: Engine) -> None:
    room = stored(engine)
    users = [a_user(room, f"auth0|5f7c8ec7c33c6c004bb{each:05}") for each in range(MAX_WAITING)]
    fill(engine, room, users)
    client = CountedClient(engine.client)
    store = DynamoDBWaiting(cast("DynamoDBClient", client), TABLE)
    found = store.look(room.name, room.session_id, users[0].id, soon())
    assert (len(found.waiting.users), client.calls) == (MAX_WAITING, ["batch_get_item"])
    key = serialize({"pk": f"waiting#{room.session_id}", "sk": "list"})
    assert item_bytes(engine.client.get_item(TableName=TABLE, Key=key)["Item"]) < 12_000
