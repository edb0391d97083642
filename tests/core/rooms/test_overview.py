"""The overview of a stage, for admins."""

from datetime import timedelta

import pytest

from chalicelib.core.rooms.operation.read_overview import (
    ROOMS_COUNTED,
    Overview,
    codes_of_problems,
)
from chalicelib.core.support.metrics import Annotation, recording
from chalicelib.errors import NotAnAdmin
from tests.fakes.service import ALICE, BOB, CAROL, ROOT, Service


def overview(service: Service) -> Overview:
    return service.use_cases.read_overview().read(ROOT, service.deadline)


def test_an_empty_stage_has_nothing(service: Service) -> None:
    assert overview(service) == Overview(
        live_rooms=0,
        counted_rooms=0,
        connections=0,
        recordings=0,
        oldest_due=timedelta(),
        refusals={},
    )


def test_live_rooms_people_recordings_and_refusals_are_counted(service: Service) -> None:
    for name in ("busy", "recorded", "left"):
        service.open(name)
    service.enter(ALICE, "busy")
    service.enter(BOB, "busy")
    service.enter(CAROL, "recorded")
    archives = service.use_cases.media().record_archives
    archives.start(ALICE, "recorded", {}, service.deadline)
    service.deliver()
    service.clock.forward(minutes=2)
    service.reconcile()
    service.refusals.counts = {"room_full": 3, "banned": 1}
    found = overview(service)
    assert (found.live_rooms, found.counted_rooms) == (2, 2)
    assert (found.connections, found.recordings) == (3, 1)
    assert found.refusals == {"room_full": 3, "banned": 1}


def test_the_session_that_waits_longest_for_a_check_is_told(service: Service) -> None:
    service.open("one")
    service.clock.forward(seconds=30)
    service.open("two")
    assert overview(service).oldest_due == timedelta()
    service.clock.forward(seconds=70)
    assert overview(service).oldest_due == timedelta(seconds=40)


def test_people_are_counted_in_so_many_rooms_at_most(service: Service) -> None:
    for number in range(ROOMS_COUNTED + 5):
        service.open(f"room-{number}")
    before = service.table.faults.calls.copy()
    found = overview(service)
    assert (found.live_rooms, found.counted_rooms) == (ROOMS_COUNTED + 5, ROOMS_COUNTED)
    made = service.table.faults.calls - before
    assert made["page"] == made["running"] == ROOMS_COUNTED


def test_many_people_are_those_of_the_last_check(service: Service) -> None:
    service.open()
    for _ in range(70):
        service.enter(BOB)
    assert overview(service).connections == 60
    service.clock.forward(minutes=2)
    service.reconcile()
    assert overview(service).connections == 70


def test_an_overview_without_refusals_is_better_than_none(service: Service) -> None:
    service.refusals.faults.fail_next("since")
    with recording() as entries:
        assert overview(service).refusals is None
    assert Annotation("failure", "metrics: away") in entries


def test_only_an_admin_sees_the_overview(service: Service) -> None:
    with pytest.raises(NotAnAdmin):
        service.use_cases.read_overview().read(ALICE, service.deadline)


def test_all_codes_of_problems_are_asked_for_and_fit_in_one_call() -> None:
    codes = codes_of_problems()
    assert {"room_full", "unauthenticated", "internal"} <= codes
    assert len(codes) < 500
