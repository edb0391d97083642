"""The pool of sessions on every engine: a session is given to one room, whatever is lost."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from chalicelib.core.model.room import Room
from chalicelib.core.ports.quota_store import Allowance, AllowanceSpent, Period
from chalicelib.core.ports.video_platform import PoolRecord, SessionTaken
from chalicelib.errors import StoreUnavailable
from tests.support.at_once import all_at_once
from tests.support.stores.engines import Database, Engine
from tests.support.stores.example_rooms import NOON, a_room, closed, soon

OURS, THEIRS = "47000001", "3f1c2b4a-0000-4000-8000-00000000beef"
SESSIONS = [f"pooled-{number:02}" for number in range(12)]
HOUR = Period("mallory", "rooms", NOON + timedelta(hours=1))


def fill(database: Database, *session_ids: str, project: str = OURS) -> None:
    for session_id in session_ids:
        database.stores.pool.add_session(session_id, project, NOON, soon())


def pooled(database: Database, project: str = OURS) -> list[str]:
    return sorted(database.stores.pool.pooled(project, 99, soon()))


def take(database: Database, session_id: str, name: str = "standup", project: str = OURS) -> Room:
    room = replace(a_room(name), session_id=session_id)
    return database.stores.rooms.create(room, None, soon(), pooled_for=project)


def test_sessions_are_listed_by_project_and_up_to_a_limit(database: Database) -> None:
    pool = database.stores.pool
    assert pool.candidates(OURS, 8, soon()) == pool.pooled(OURS, 8, soon()) == []
    fill(database, *SESSIONS)
    fill(database, "theirs", project=THEIRS)
    assert pooled(database) == SESSIONS
    assert pooled(database, THEIRS) == ["theirs"]
    assert len(pool.pooled(OURS, 5, soon())) == 5
    candidates = pool.candidates(OURS, 2, soon())
    assert 1 <= len(set(candidates)) == len(candidates) <= 2
    assert set(candidates) <= set(SESSIONS)


def test_a_pooled_session_is_no_session_of_a_room_and_is_not_checked(database: Database) -> None:
    fill(database, "pooled-1")
    late = NOON + timedelta(days=9)
    assert database.stores.sessions.session("pooled-1", soon()) is None
    assert database.stores.due_work.due_sessions(late, 99, soon()) == []
    assert database.stores.due_work.due_rooms(late, 99, soon()) == []
    assert database.expiry("session#pooled-1") is None


def test_a_room_takes_its_session_out_of_the_pool_and_the_session_is_as_any_other(
    database: Database,
) -> None:
    fill(database, "pooled-1", "pooled-2")
    room = take(database, "pooled-1")
    assert database.stores.rooms.find("standup", soon()) == room
    assert pooled(database) == ["pooled-2"]
    taken = database.stores.sessions.session("pooled-1", soon())
    made = a_room("other")
    database.stores.rooms.create(made, None, soon())
    other = database.stores.sessions.session(made.session_id, soon())
    assert taken is not None
    assert other is not None
    assert taken == replace(other, id="pooled-1", room_name="standup", room_id=room.room_id)


def test_a_session_is_given_once(database: Database) -> None:
    fill(database, "pooled-1")
    take(database, "pooled-1")
    before = database.snapshot()
    with pytest.raises(SessionTaken):
        take(database, "pooled-1", "retro")
    with pytest.raises(SessionTaken):
        take(database, "never-pooled", "retro")
    assert database.snapshot() == before


def test_a_session_of_another_project_is_not_given(database: Database) -> None:
    fill(database, "theirs", project=THEIRS)
    with pytest.raises(SessionTaken):
        take(database, "theirs")
    assert pooled(database, THEIRS) == ["theirs"]


def test_a_name_that_is_taken_counts_for_more_than_the_session_and_keeps_it_in_the_pool(
    database: Database,
) -> None:
    fill(database, "pooled-1", "pooled-2")
    room = take(database, "pooled-1")
    assert take(database, "pooled-2") == take(database, "pooled-1") == room
    assert pooled(database) == ["pooled-2"]


def test_a_session_counts_for_more_than_the_quota_and_a_refusal_keeps_it_in_the_pool(
    database: Database,
) -> None:
    fill(database, "pooled-1", "pooled-2")
    rooms, spent = database.stores.rooms, Allowance(HOUR, 1)
    first, second = (replace(a_room(each), session_id=each) for each in ("pooled-1", "pooled-2"))
    rooms.create(first, None, soon(), spent, OURS)
    with pytest.raises(AllowanceSpent):
        rooms.create(second, None, soon(), spent, OURS)
    with pytest.raises(SessionTaken):
        rooms.create(replace(second, session_id="pooled-1"), None, soon(), spent, OURS)
    assert pooled(database) == ["pooled-2"]


def test_a_room_that_replaces_a_closed_one_takes_a_session_and_the_old_one_does_not_return(
    database: Database,
) -> None:
    fill(database, "pooled-1", "pooled-2")
    gone, rooms = take(database, "pooled-1"), database.stores.rooms
    rooms.close(gone, NOON, soon())
    anew = replace(a_room(), session_id="pooled-2")
    assert rooms.create(anew, closed(gone, NOON), soon(), pooled_for=OURS) == anew
    assert pooled(database) == []


@pytest.mark.parametrize("then", ["room", "closed", "dropped"])
def test_a_session_that_left_the_pool_cannot_be_added_again(database: Database, then: str) -> None:
    fill(database, "pooled-1")
    if then == "dropped":
        database.stores.pool.drop_session("pooled-1", OURS, NOON, soon())
    else:
        room = take(database, "pooled-1")
        if then == "closed":
            database.stores.rooms.close(room, NOON, soon())
    before = database.snapshot()
    fill(database, "pooled-1")
    fill(database, "pooled-1", project=THEIRS)
    assert database.snapshot() == before
    assert pooled(database) == pooled(database, THEIRS) == []


def test_a_dropped_session_is_given_to_nobody_and_may_vanish(database: Database) -> None:
    pool = database.stores.pool
    fill(database, "pooled-1", "pooled-2")
    pool.drop_session("pooled-1", THEIRS, NOON, soon())
    assert pooled(database) == ["pooled-1", "pooled-2"]
    pool.drop_session("pooled-1", OURS, NOON, soon())
    pool.drop_session("pooled-1", OURS, NOON + timedelta(hours=1), soon())
    pool.drop_session("unknown", OURS, NOON, soon())
    assert pooled(database) == ["pooled-2"]
    assert database.expiry("session#pooled-1") == NOON
    with pytest.raises(SessionTaken):
        take(database, "pooled-1")


def test_a_session_that_a_room_has_cannot_be_dropped(database: Database) -> None:
    fill(database, "pooled-1")
    take(database, "pooled-1")
    before = database.snapshot()
    database.stores.pool.drop_session("pooled-1", OURS, NOON, soon())
    assert database.snapshot() == before


def test_the_record_of_a_refill_is_kept_and_replaced(database: Database) -> None:
    pool = database.stores.pool
    assert pool.record(soon()) == PoolRecord()
    full = PoolRecord(OURS, 20, {NOON: 3, NOON + timedelta(hours=1): 4}, frozenset({THEIRS, "x"}))
    for record in (full, PoolRecord(THEIRS, 0), full):
        pool.save_record(record, soon())
        assert pool.record(soon()) == record


def test_of_many_rooms_that_want_one_session_at_once_one_gets_it(database: Database) -> None:
    fill(database, "pooled-1")

    def attempt(number: int) -> str | None:
        try:
            return take(database, "pooled-1", f"room-{number}").name
        except (SessionTaken, StoreUnavailable):  # after 6 conflicts with others
            return None

    names = [name for name in all_at_once([partial(attempt, n) for n in range(12)]) if name]
    (winner,) = names
    session = database.stores.sessions.session("pooled-1", soon())
    assert session is not None
    assert session.room_name == winner
    assert database.keys() == [f"room#{winner}", "session#pooled-1"]


def test_candidates_come_from_every_part_of_the_pool(engine: Engine) -> None:
    fill(engine, *SESSIONS)
    found: set[str] = set()
    for _ in range(100):
        found.update(engine.stores.pool.candidates(OURS, 2, soon()))
        if len(found) == len(SESSIONS):
            break
    assert found == set(SESSIONS)
