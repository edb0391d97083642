"""One session per room, always: with the real use cases, on every engine."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from chalicelib.composition.services import Services
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.user import User
from chalicelib.core.rooms.join_request import JoinRequest
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import ProviderUnavailable
from stand_ins.http.faults import Fault
from tests.support.at_once import all_at_once
from tests.support.servers.joining_process import join_at_once
from tests.support.servers.stand_ins import API_KEY, StandIns
from tests.support.stores.engines import Engine

ALICE = User("alice")
CALLERS = 50
PROCESSES = 4
CALLERS_PER_PROCESS = 12
ROOT = Path(__file__).parents[3]


@pytest.fixture
def services(stand_ins: StandIns, engine: Engine) -> Services:
    """A cold container: its first request builds everything."""
    assert engine.items() == []
    return Services(stand_ins.environment)


def rooms_and_sessions(engine: Engine) -> list[str]:
    """Return the keys of all items but the counts of those who created rooms."""
    keys = engine.keys()
    return [key for key in keys if not key.startswith("user#")]


def join(services: Services, user: User = ALICE, room: str = "standup") -> str:
    return (
        services.use_cases().join_room.join(user, room, JoinRequest(), Deadline(8)).room.session_id
    )


@contextmanager
def joining_process(environment: dict[str, str], number: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.support.servers.joining_process"]
    arguments = ["standup", str(number * CALLERS_PER_PROCESS), str(CALLERS_PER_PROCESS)]
    with subprocess.Popen(
        [*command, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_fifty_callers_at_once_on_a_new_room_get_one_session(
    services: Services, engine: Engine
) -> None:
    sessions = join_at_once(services, "standup", [User(f"user-{n}") for n in range(CALLERS)])

    assert len(sessions) == CALLERS
    (session,) = set(sessions)
    assert len(engine.keys()) == 3, "only the caller who created the room has it counted"
    assert rooms_and_sessions(engine) == ["room#standup", f"session#{session}"]
    assert join(services) == session


@pytest.fixture
def pooled(stand_ins: StandIns, engine: Engine) -> Services:
    """A cold container beside a full pool."""
    size = f"{CALLERS}"
    sizes = {"MIN_POOLED_SESSIONS": size, "MAX_POOLED_SESSIONS": size}
    services = Services(stand_ins.environment | sizes)
    services.use_cases().scheduled().refill_session_pool.run(Deadline(50))
    assert len(engine.keys()) == CALLERS + 1, "sessions, and the record of the refill"
    stand_ins.opentok.clear_calls()
    return services


def test_fifty_callers_at_once_on_a_new_room_take_one_session_of_the_pool(
    pooled: Services, engine: Engine
) -> None:
    sessions = join_at_once(pooled, "standup", [User(f"user-{n}") for n in range(CALLERS)])

    assert len(set(sessions)) == 1
    assert len([item for item in engine.items() if "roomId" in item]) == 2
    assert len(engine.stores.pool.pooled(API_KEY, 99, Deadline(8))) == CALLERS - 1


def test_callers_at_once_on_new_rooms_take_a_session_each_and_call_opentok_never(
    pooled: Services, stand_ins: StandIns
) -> None:
    joins = [partial(join, pooled, User(f"user-{n}"), f"room-{n}") for n in range(CALLERS // 2)]

    sessions = all_at_once(joins)

    assert len(set(sessions)) == len(joins)
    assert stand_ins.opentok.calls == []


def test_callers_spread_over_several_processes_get_one_session(
    services: Services, stand_ins: StandIns, engine: Engine
) -> None:
    with ExitStack() as stack:
        processes = [
            stack.enter_context(joining_process(stand_ins.environment, number))
            for number in range(PROCESSES)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        printed = [process.communicate(timeout=60)[0] for process in processes]
    sessions = "".join(printed).split()

    assert len(sessions) == PROCESSES * CALLERS_PER_PROCESS
    (session,) = set(sessions)
    assert rooms_and_sessions(engine) == ["room#standup", f"session#{session}"]
    assert join(services) == session


def test_fifty_callers_at_once_who_spell_the_name_in_their_own_ways_get_one_session(
    services: Services,
) -> None:
    names = ["standup", "Standup", "STANDUP", "stAndUp", "standuP"] * (CALLERS // 5)

    sessions = all_at_once([partial(join, services, ALICE, name) for name in names])

    assert len(set(sessions)) == 1


def test_a_deleted_room_opened_anew_by_many_at_once_gets_one_new_session(
    services: Services, engine: Engine
) -> None:
    gone = join(services)
    services.use_cases().close_room.close(ALICE, "standup", Deadline(8))
    put = partial(
        services.use_cases().create_room.put,
        ALICE,
        "standup",
        asked=RoomSettings(),
        given=(),
        caller_ip="203.0.113.7",
    )

    answers = all_at_once([lambda: put(deadline=Deadline(8)) for _ in range(CALLERS)])

    (session,) = {room.session_id for room, _ in answers}
    assert sum(made for _, made in answers) == 1
    assert session != gone
    assert join(services) == session
    assert rooms_and_sessions(engine) == sorted(
        ["room#standup", f"session#{gone}", f"session#{session}"]
    )


def test_a_session_that_could_not_be_made_leaves_nothing_and_the_next_caller_gets_in(
    services: Services, stand_ins: StandIns, engine: Engine
) -> None:
    stand_ins.opentok.faults.add(Fault("/session/create", status=503), times=3)

    with pytest.raises(ProviderUnavailable):
        join(services)

    assert engine.items() == []
    session = join(services)
    assert rooms_and_sessions(engine) == ["room#standup", f"session#{session}"]


def test_a_session_whose_id_was_lost_on_its_way_is_made_again(
    services: Services, stand_ins: StandIns, engine: Engine
) -> None:
    stand_ins.opentok.faults.add(Fault("/session/create", drop=True))

    session = join(services)

    assert stand_ins.opentok.count("/session/create") == 2
    assert rooms_and_sessions(engine) == ["room#standup", f"session#{session}"]


def test_fifty_callers_at_once_of_whom_some_get_no_session_leave_one_room_for_the_others(
    services: Services, stand_ins: StandIns, engine: Engine
) -> None:
    stand_ins.opentok.faults.add(Fault("/session/create", status=500), times=CALLERS)

    def try_to_join() -> str | None:
        try:
            return join(services)
        except ProviderUnavailable:
            return None

    sessions = all_at_once([try_to_join for _ in range(CALLERS)])

    session = join(services)
    assert set(sessions) <= {session, None}
    assert rooms_and_sessions(engine) == ["room#standup", f"session#{session}"]
