"""Sessions that are made in advance, and the rooms that take them."""

from typing import Any

import pytest

from chalicelib.core.model.room_settings import ArchiveMode, MediaMode, RoomSettings
from chalicelib.core.ports.video_platform import PoolBounds
from chalicelib.core.sessions.new_sessions import CANDIDATES, MAX_TAKES
from chalicelib.core.support.metrics import Metric, recording
from chalicelib.errors import ProviderRefused, ProviderUnavailable, StoreUnavailable
from tests.fakes.opentok.clients import PROJECT
from tests.fakes.service import ALICE, BOB, IP, ROOT, Service

BOUNDS = PoolBounds(least=10, most=50)
AWAY = 20
"""So many calls of OpenTok fail, which is more than are made."""


@pytest.fixture
def service() -> Service:
    """A service with a full pool."""
    service = Service(pool=BOUNDS)
    service.refill()
    return service


def pool(service: Service, project: str = PROJECT) -> list[str]:
    return list(service.stores.pool.pooled(project, 999, service.deadline))


def sessions_made(service: Service) -> int:
    return service.opentok.faults.calls["create_session"]


def counted(entries: list[object], name: str) -> int:
    return sum(isinstance(each, Metric) and each.name == name for each in entries)


def new_project(service: Service, name: str) -> None:
    """Let the service have credentials of another project."""
    service.opentok.project = name


# Rooms.


def test_a_first_join_takes_a_session_and_asks_opentok_for_none(service: Service) -> None:
    pooled = set(pool(service))
    room = service.join(BOB, "retro").room
    assert room.session_id in pooled
    assert set(pool(service)) == pooled - {room.session_id}
    assert sessions_made(service) == BOUNDS.least
    assert service.join(ALICE, "retro").room.session_id == room.session_id


def test_rooms_open_while_opentok_is_down_until_the_pool_is_empty(service: Service) -> None:
    service.opentok.faults.fail_next("create_session", times=1)
    rooms = [service.join(BOB, f"room-{number}").room for number in range(BOUNDS.least)]
    assert len({room.session_id for room in rooms}) == BOUNDS.least
    assert pool(service) == []
    with pytest.raises(ProviderUnavailable):
        service.join(BOB, "one-more")


@pytest.mark.parametrize(
    "settings",
    [
        RoomSettings(location="203.0.113.9"),
        RoomSettings(location="caller"),
        RoomSettings(e2ee=True),
        RoomSettings(media_mode=MediaMode.RELAYED),
        RoomSettings(archive_mode=ArchiveMode.ALWAYS),
    ],
    ids=lambda each: repr(each)[:60],
)
def test_a_room_whose_options_need_a_session_of_its_own_asks_opentok(
    service: Service, settings: RoomSettings
) -> None:
    pooled = pool(service)
    with recording() as entries:
        room, _ = service.use_cases.create_room.put(
            ROOT, "own", asked=settings, given=(), caller_ip=IP, deadline=service.deadline
        )
    assert room.session_id not in pooled
    assert pool(service) == pooled
    assert counted([*entries], "SessionPoolDry") == 0


@pytest.mark.parametrize(
    "settings", [{"max_participants": 2}, {"members": frozenset({"bob"})}], ids=str
)
def test_settings_that_opentok_does_not_know_need_no_session_of_their_own(
    service: Service, settings: dict[str, Any]
) -> None:
    pooled = pool(service)
    assert service.open(**settings).session_id in pooled


def test_a_caller_whose_address_says_no_place_takes_a_session(service: Service) -> None:
    pooled = pool(service)
    room, _ = service.use_cases.create_room.put(
        ALICE,
        "v6",
        asked=RoomSettings(location="caller"),
        given=(),
        caller_ip="2001:db8::7",
        deadline=service.deadline,
    )
    assert room.session_id in pooled


def test_an_instance_that_was_late_tries_another_session(service: Service) -> None:
    rooms = [service.join(BOB, "first").room]  # this instance knows candidates now
    other = service.another_instance()
    for name in ("red", "blue"):
        room, _ = other.create_room.put(
            ALICE, name, asked=RoomSettings(), given=(), caller_ip=IP, deadline=service.deadline
        )
        rooms.append(room)
    rooms.append(service.join(BOB, "last").room)
    assert len({room.session_id for room in rooms}) == len(rooms)
    assert sessions_made(service) == BOUNDS.least


def test_a_creation_that_is_late_every_time_asks_opentok_after_a_few(service: Service) -> None:
    def others_take_all() -> None:
        service.table.pool.clear()
        for number in range(CANDIDATES):
            name = f"session-of-nobody-{service.table.faults.calls['create']}-{number}"
            service.stores.pool.add_session(name, PROJECT, service.clock(), service.deadline)

    service.table.faults.before_next("create", others_take_all, times=MAX_TAKES)
    with recording() as entries:
        room = service.join(BOB, "retro").room
    assert service.table.faults.calls["create"] == MAX_TAKES + 1
    assert sessions_made(service) == BOUNDS.least + 1
    assert room.session_id in service.opentok.sessions
    assert counted([*entries], "SessionPoolDry") == 1


def test_a_dry_pool_is_counted_and_costs_only_the_wait_for_opentok() -> None:
    service = Service(pool=BOUNDS)
    with recording() as entries:
        service.join(BOB, "retro")
    assert counted([*entries], "SessionPoolDry") == 1
    assert counted([*entries], "SessionsCreated") == 1


def test_a_pool_that_cannot_be_read_keeps_nobody_out(service: Service) -> None:
    service.table.faults.fail_next("candidates")
    assert service.join(BOB, "retro").room.session_id in service.opentok.sessions
    assert sessions_made(service) == BOUNDS.least + 1


def test_a_pool_that_is_off_is_neither_read_by_a_join_nor_filled() -> None:
    service = Service(pool=PoolBounds(0, 0))
    service.refill()
    with recording() as entries:
        service.join(BOB, "retro")
    assert counted([*entries], "SessionPoolDry") == 0
    assert service.table.faults.calls["candidates"] == service.table.faults.calls["pooled"] == 0
    assert sessions_made(service) == 1


def test_of_two_first_callers_one_session_leaves_the_pool(service: Service) -> None:
    other = service.another_instance()

    def another_is_faster() -> None:
        other.create_room.put(
            ALICE, "retro", asked=RoomSettings(), given=(), caller_ip=IP, deadline=service.deadline
        )

    service.table.faults.before_next("create", another_is_faster)
    room = service.join(BOB, "retro").room
    assert room.created_by == "alice"
    assert len(pool(service)) == BOUNDS.least - 1


def test_a_creation_whose_answer_is_lost_keeps_its_session(service: Service) -> None:
    service.table.faults.lose_answer("create")
    with pytest.raises(StoreUnavailable):
        service.join(BOB, "retro")
    kept = service.room("retro").session_id
    assert kept not in pool(service)
    assert service.join(BOB, "retro").room.session_id == kept


# Refills.


def test_the_first_refill_fills_the_pool_to_its_lower_bound(service: Service) -> None:
    assert len(pool(service)) == BOUNDS.least
    assert set(pool(service)) <= set(service.opentok.sessions)


def test_an_idle_refill_reads_the_record_and_the_pool_and_does_nothing_else(
    service: Service,
) -> None:
    service.table.faults.calls.clear()
    service.opentok.faults.calls.clear()
    with recording() as entries:
        service.refill()
    assert service.table.faults.calls == {"pool_record": 1, "pooled": 1}
    assert service.opentok.faults.calls == {"project_id": 1}
    assert entries == []  # a metric would cost more than all the rest


@pytest.mark.parametrize(("rooms", "size"), [(1, 10), (5, 10), (6, 12), (9, 18)])
def test_a_refill_makes_the_pool_last_two_hours_as_busy_as_the_last(
    service: Service, rooms: int, size: int
) -> None:
    for number in range(rooms):
        service.join(BOB, f"room-{number}")
    service.refill()
    assert len(pool(service)) == size


def test_demand_adds_up_over_the_refills_of_an_hour(service: Service) -> None:
    for number in range(12):
        service.join(BOB, f"room-{number}")
        service.refill()
    assert len(pool(service)) == 24


def test_a_pool_that_runs_dry_doubles_up_to_its_upper_bound(service: Service) -> None:
    sizes = []
    for turn in range(4):
        for number, _ in enumerate(pool(service)):
            service.join(BOB, f"room-{turn}-{number}")
        service.refill()
        sizes.append(len(pool(service)))
    assert sizes == [20, 50, 50, 50]


def test_demand_is_forgotten_after_six_hours_but_no_session_is_thrown_away(
    service: Service,
) -> None:
    for number in range(10):
        service.join(BOB, f"room-{number}")
    service.refill()
    service.clock.forward(hours=5)
    service.join(BOB, "later")
    service.refill()
    assert len(pool(service)) == 20
    service.clock.forward(hours=1)
    service.join(BOB, "still-later")
    service.refill()
    assert len(pool(service)) == 19


def test_sessions_that_a_failing_opentok_did_not_make_are_made_later() -> None:
    service = Service(pool=BOUNDS)
    service.opentok.faults.fail_next("create_session", times=AWAY)
    with pytest.raises(ProviderUnavailable):
        service.refill()
    assert pool(service) == []
    assert sessions_made(service) <= 8  # those at the same time, and then no more
    service = Service(pool=BOUNDS)
    service.opentok.faults.fail_next("create_session", ProviderRefused("no"))
    with pytest.raises(ProviderRefused):
        service.refill()
    service.refill()
    assert len(pool(service)) == BOUNDS.least


@pytest.mark.parametrize("lost", ["add_session", "save_pool_record"])
def test_a_refill_whose_answer_was_lost_is_made_good_by_the_next(lost: str) -> None:
    service = Service(pool=BOUNDS)
    service.table.faults.lose_answer(lost)
    with pytest.raises(StoreUnavailable):
        service.refill()
    service.refill()
    service.refill()
    assert len(pool(service)) == BOUNDS.least


def test_a_refill_that_has_no_time_left_makes_no_session() -> None:
    service = Service(pool=BOUNDS)
    service.use_cases.scheduled().refill_session_pool.run(service.deadline.capped(5))
    assert pool(service) == []


def test_a_pool_that_is_switched_off_is_emptied_which_is_no_demand(service: Service) -> None:
    new_project(service, "new")
    service.refill()
    off = service.another_instance(PoolBounds(0, 0)).scheduled().refill_session_pool
    for _ in range(2):
        off.run(service.deadline)
        assert pool(service) == pool(service, "new") == []
    service.refill()
    assert len(pool(service, "new")) == BOUNDS.least
    assert service.stores.pool.record(service.deadline).taken == {}


# Other credentials.


def test_sessions_of_the_project_before_are_dropped_and_given_to_nobody(service: Service) -> None:
    old = pool(service)
    new_project(service, "new")
    room = service.join(BOB, "meanwhile").room
    assert room.session_id not in old
    service.refill()
    assert pool(service) == []
    assert len(pool(service, "new")) == BOUNDS.least
    assert service.join(BOB, "retro").room.session_id in service.opentok.sessions
    service.refill()
    assert service.stores.pool.record(service.deadline).abandoned == frozenset()


def test_candidates_of_the_project_before_are_passed_over(service: Service) -> None:
    service.join(BOB, "first")  # reads candidates for later rooms, too
    new_project(service, "new")
    service.refill()
    taken = service.join(BOB, "second").room.session_id
    assert taken not in pool(service, "new")
    assert len(pool(service, "new")) == BOUNDS.least - 1


def test_a_change_of_the_project_is_no_demand(service: Service) -> None:
    new_project(service, "new")
    service.refill()
    assert service.stores.pool.record(service.deadline).taken == {}


def test_a_drop_that_failed_is_made_by_a_later_refill(service: Service) -> None:
    new_project(service, "new")
    service.table.faults.fail_next("drop_session")
    with pytest.raises(StoreUnavailable):
        service.refill()
    service.refill()
    assert pool(service) == []


def test_a_project_that_comes_back_keeps_what_is_left(service: Service) -> None:
    new_project(service, "new")
    service.refill()
    new_project(service, PROJECT)
    service.refill()
    assert len(pool(service)) == BOUNDS.least
    assert pool(service, "new") == []


def test_a_session_made_while_the_credentials_change_is_not_pooled() -> None:
    service = Service(pool=BOUNDS)
    service.opentok.faults.before_next("create_session", lambda: new_project(service, "new"))
    service.refill()
    assert pool(service) == []
    assert pool(service, "new") == []
    service.clock.forward(minutes=1)
    service.refill()
    assert len(pool(service, "new")) == BOUNDS.least


def test_a_taken_session_is_closed_with_its_room_like_any_other(service: Service) -> None:
    service.enter(BOB, "retro")
    session_id = service.room("retro").session_id
    service.close("retro", ROOT)
    service.clock.forward(minutes=2)
    service.close_what_is_due()
    assert service.opentok.sessions[session_id].connections == {}
    service.refill()
    assert session_id not in pool(service)
