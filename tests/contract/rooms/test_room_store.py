"""The room store on every engine: it puts, finds and closes rooms."""

import threading
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.core.model.connection import Session
from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import (
    MAX_ARCHIVE_RETENTION_DAYS,
    MAX_MEMBERS,
    MAX_MODERATOR_SEATS,
    MAX_PARTICIPANTS,
    ArchiveMode,
    ArchivesFor,
    MediaMode,
    Resolution,
    RoomSettings,
)
from chalicelib.core.model.seats import Seats
from chalicelib.core.model.user import Role
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import StoreUnavailable
from tests.fakes.memory.table import ATTENDANCE
from tests.support.stores.engines import Database, Engine
from tests.support.stores.example_rooms import (
    LONGEST_TOKEN,
    MILLISECOND,
    NOON,
    a_room,
    closed,
    soon,
)

THIRTY_DAYS = timedelta(days=30)
EVENING = datetime(2026, 1, 31, 18, 0, 0, 789_000, tzinfo=UTC)
FIRST_YEAR = datetime(1, 1, 1, tzinfo=UTC)
LAST_MILLISECOND = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)

SETTINGS: dict[str, list[Any]] = {
    "media_mode": list(MediaMode),
    "archive_mode": list(ArchiveMode),
    "archive_name": [None, "Stand-up", "名前 🎥"],
    "archive_resolution": [None, *Resolution],
    "location": [None, "203.0.113.7", "caller"],
    "e2ee": [False, True],
    "default_role": list(Role),
    "moderators": [frozenset(), {"alice"}, {"alice", "Alice", "auth0|42", "ж" * 255}],
    "members": [None, frozenset(), {"bob"}, {f"user-{number}" for number in range(MAX_MEMBERS)}],
    "max_participants": [None, 1, MAX_PARTICIPANTS],
    "moderator_seats": [0, 1, MAX_MODERATOR_SEATS],
    "waiting_room": [False, True],
    "opens_at": [None, NOON, NOON + MILLISECOND, FIRST_YEAR, LAST_MILLISECOND],
    "closes_at": [None, NOON, NOON - MILLISECOND, FIRST_YEAR, LAST_MILLISECOND],
    "archives_for": list(ArchivesFor),
    "archive_retention_days": [None, 1, MAX_ARCHIVE_RETENTION_DAYS],
}

LATE: dict[str, Callable[[RoomStore, Deadline], object]] = {
    "find": lambda store, late: store.find("standup", late),
    "create": lambda store, late: store.create(a_room("new"), None, late),
    "close": lambda store, late: store.close(a_room("standup"), EVENING, late),
    "created_by": lambda store, late: store.created_by("alice", None, 10, late),
    "count_created_by": lambda store, late: store.count_created_by("alice", 10, late),
}


def session_of(room: Room, database: Database) -> Session:
    """Return what the stores know of the room's session."""
    session = database.stores.sessions.session(room.session_id, soon())
    assert session is not None
    return session


def test_every_setting_is_tried_below() -> None:
    assert set(SETTINGS) == {field.name for field in fields(RoomSettings)}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_comes_back_as_it_was_put(name: str, store: RoomStore) -> None:
    for number, value in enumerate(SETTINGS[name]):
        room = a_room(f"room-{number}", settings=replace(RoomSettings(), **{name: value}))
        store.create(room, None, soon())

        assert store.find(room.name, soon()) == room


def test_all_settings_together_come_back_as_they_were_put(store: RoomStore) -> None:
    room = a_room(settings=RoomSettings(**{name: values[-1] for name, values in SETTINGS.items()}))
    store.create(room, None, soon())

    assert store.find(room.name, soon()) == room


@pytest.mark.parametrize("created_by", [None, "alice", "a" * 255, "名" * 255, " "])
def test_the_creator_and_the_time_of_creation_come_back_as_they_were_put(
    created_by: str | None, store: RoomStore
) -> None:
    room = a_room(created_by=created_by, created_at=NOON + 123 * MILLISECOND)
    store.create(room, None, soon())

    assert store.find(room.name, soon()) == room


def test_null_settings_are_absent_from_the_item(store: RoomStore, engine: Engine) -> None:
    room = a_room(created_by=None, settings=RoomSettings())
    store.create(room, None, soon())

    assert None not in engine.room_item(room).values()
    assert {"members", "moderators", "opensAt", "createdBy", "closedAt", "expiresAt"}.isdisjoint(
        engine.room_item(room)
    )


def test_there_is_no_room_of_a_name_never_used(store: RoomStore) -> None:
    store.create(a_room("standup"), None, soon())

    assert store.find("standup2", soon()) is None


def test_a_room_is_found_however_its_name_is_cased_and_shown_as_it_was_spelt(
    store: RoomStore,
) -> None:
    room = a_room("StandUp_1-Z")
    store.create(room, None, soon())

    assert store.find("standup_1-z", soon()) == room
    assert store.find("STANDUP_1-Z", soon()) == room


@pytest.mark.parametrize("name", ["constructor", "__proto__", "room", "session", "-", "x" * 128])
def test_odd_names_are_names(name: str, store: RoomStore) -> None:
    room = a_room(name)
    store.create(room, None, soon())

    assert store.find(name, soon()) == room


def test_creating_a_room_answers_with_it_and_notes_whose_session_it_is(
    store: RoomStore, database: Database
) -> None:
    room = a_room("Standup")

    assert store.create(room, None, soon()) == room
    assert database.keys() == ["room#standup", f"session#{room.session_id}"]
    assert session_of(room, database) == Session(
        room.session_id,
        "Standup",
        room.room_id,
        monitored=True,
        owner="alice",
        next_check=NOON + timedelta(minutes=1),
    )


@pytest.mark.parametrize("spelt", ["standup", "STANDUP"])
def test_creating_a_room_of_a_name_in_use_answers_with_the_room_that_stands_and_writes_nothing(
    spelt: str, store: RoomStore, database: Database
) -> None:
    settings = RoomSettings(members=frozenset({"bob"}), opens_at=NOON)
    first = a_room("standup", settings=settings)
    store.create(first, None, soon())
    before = database.snapshot()

    assert store.create(a_room(spelt, created_by="bob"), None, soon()) == first
    assert database.snapshot() == before


def test_creating_the_same_room_again_answers_with_it(store: RoomStore, database: Database) -> None:
    room = a_room()
    store.create(room, None, soon())

    assert store.create(room, None, soon()) == room
    assert len(database.keys()) == 2


def test_the_name_of_a_closed_room_is_not_used_by_who_does_not_know_of_it(
    store: RoomStore,
) -> None:
    gone = a_room()
    store.create(gone, None, soon())
    store.close(gone, EVENING, soon())

    assert store.create(a_room(), None, soon()) == closed(gone, EVENING)


def test_a_closed_room_is_replaced_by_who_knows_of_it(store: RoomStore, database: Database) -> None:
    gone, new = a_room("standup"), a_room("StandUp", created_by="bob")
    store.create(gone, None, soon())
    store.close(gone, EVENING, soon())

    assert store.create(new, closed(gone, EVENING), soon()) == new
    assert store.find("standup", soon()) == new
    assert database.expiry("room#standup") is None
    assert session_of(gone, database).room_id == gone.room_id
    assert session_of(new, database).room_id == new.room_id


def test_a_closed_room_is_replaced_only_once(store: RoomStore, database: Database) -> None:
    gone, new = a_room(), a_room()
    store.create(gone, None, soon())
    store.close(gone, EVENING, soon())
    store.create(new, closed(gone, EVENING), soon())

    assert store.create(a_room(), closed(gone, EVENING), soon()) == new
    assert len(database.keys()) == 3


def test_a_room_is_not_replaced_for_another_of_its_name(store: RoomStore) -> None:
    standing, other = a_room(), a_room()
    store.create(standing, None, soon())

    assert store.create(a_room(), closed(other, EVENING), soon()) == standing


def test_a_room_to_be_replaced_may_have_expired_meanwhile(
    store: RoomStore, database: Database
) -> None:
    gone, new = a_room(), a_room()
    store.create(gone, None, soon())
    store.close(gone, EVENING, soon())
    database.remove("room#standup")

    assert store.create(new, closed(gone, EVENING), soon()) == new
    assert store.find(new.name, soon()) == new


def test_a_closed_room_is_found_as_closed(store: RoomStore) -> None:
    room = a_room(settings=RoomSettings(moderators=frozenset({"alice"}), closes_at=EVENING))
    store.create(room, None, soon())

    store.close(room, EVENING, soon())

    assert store.find(room.name, soon()) == closed(room, EVENING)


def test_a_closed_room_expires_in_thirty_days_and_its_session_with_its_attendance(
    store: RoomStore, database: Database
) -> None:
    room = a_room()
    store.create(room, None, soon())

    store.close(room, EVENING, soon())

    in_thirty_days = (EVENING + THIRTY_DAYS).replace(microsecond=0)
    assert database.expiry("room#standup") == in_thirty_days
    last_token_ends = (EVENING + LONGEST_TOKEN).replace(microsecond=0)
    assert database.expiry(f"session#{room.session_id}") == last_token_ends + ATTENDANCE
    assert session_of(room, database) == Session(
        room.session_id,
        "standup",
        room.room_id,
        owner="alice",
        next_check=EVENING,
        quiet_since=EVENING,
        retired_until=last_token_ends,
    )


def test_a_closed_room_holds_no_seats(store: RoomStore) -> None:
    seats = Seats({"bob": {"connection-1": NOON}, "carol": {}}, {"carol": EVENING})
    room = replace(a_room(), seats=seats)
    store.create(room, None, soon())

    store.close(room, EVENING, soon())

    assert store.find(room.name, soon()) == replace(closed(room, EVENING), seats=Seats())


def test_closing_a_room_again_changes_nothing(store: RoomStore, database: Database) -> None:
    room = a_room()
    store.create(room, None, soon())
    store.close(room, EVENING, soon())
    before = database.snapshot()

    store.close(room, EVENING + THIRTY_DAYS, soon())

    assert database.snapshot() == before


def test_closing_a_room_leaves_a_newer_one_of_its_name_alone(
    store: RoomStore, database: Database
) -> None:
    gone, new = a_room(), a_room()
    store.create(gone, None, soon())
    store.close(gone, EVENING, soon())
    store.create(new, closed(gone, EVENING), soon())
    before = database.snapshot()

    store.close(gone, EVENING + THIRTY_DAYS, soon())

    assert store.find(new.name, soon()) == new
    assert database.snapshot() == before


def test_closing_a_room_that_was_opened_again_meanwhile_retires_the_session_it_has_now(
    store: RoomStore, database: Database
) -> None:
    room = a_room()
    store.create(room, None, soon())
    reopened = replace(room, session_id="session-anew", revision=room.revision + 1)
    store.compare_and_set(room, reopened, EVENING, soon())

    assert store.close(room, EVENING, soon()).session_id == "session-anew"

    assert store.find(room.name, soon()) == closed(reopened, EVENING)
    assert session_of(reopened, database).retired_until is not None


def test_closing_a_room_that_is_not_there_makes_no_record(
    store: RoomStore, database: Database
) -> None:
    store.close(a_room(), EVENING, soon())

    assert database.keys() == []


def test_a_room_whose_session_record_is_lost_closes_all_the_same(
    store: RoomStore, database: Database
) -> None:
    room = a_room()
    store.create(room, None, soon())
    database.remove(f"session#{room.session_id}")

    store.close(room, EVENING, soon())

    assert store.find(room.name, soon()) == closed(room, EVENING)
    assert session_of(room, database).room_id == room.room_id


@pytest.mark.parametrize("call", LATE)
def test_a_call_that_comes_after_its_deadline_fails_and_changes_nothing(
    call: str, store: RoomStore, database: Database
) -> None:
    store.create(a_room("standup"), None, soon())
    before = database.snapshot()

    with pytest.raises(StoreUnavailable):
        LATE[call](store, Deadline(0))

    assert database.snapshot() == before


@pytest.mark.parametrize("call", LATE)
def test_nothing_is_asked_of_the_store_once_the_deadline_has_passed(
    call: str, store: RoomStore, engine: Engine
) -> None:
    threads = set(threading.enumerate())
    asked: list[str] = []
    engine.client.meta.events.register("before-call", lambda model, **_: asked.append(model.name))

    with pytest.raises(StoreUnavailable):
        LATE[call](store, Deadline(0))

    for thread in set(threading.enumerate()) - threads:
        thread.join(timeout=1)  # Should a call go on behind the caller's back, it ends here.
    assert asked == []
