"""Changes of a room that others change, delete or create at the same time."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core.ports.room_store import MAX_ATTEMPTS
from chalicelib.errors import RoomClosed, RoomNotFound, StoreUnavailable
from tests.fakes.service import ALICE, BOB, Service
from tests.support.noon import NOON


def close_in_the_store(service: Service) -> None:
    service.stores.rooms.close(service.room(), service.clock(), service.deadline)


def create_anew(service: Service) -> None:
    close_in_the_store(service)
    service.open()


def move_closing(service: Service) -> None:
    later = (service.room().settings.closes_at or NOON) + timedelta(hours=1)
    service.change({"closes_at": later})


def test_a_change_that_changes_nothing_writes_nothing(service: Service) -> None:
    service.open(max_participants=3)
    before = service.table.snapshot()
    room = service.change({"max_participants": 3}, locked=False)
    assert room == service.room()
    assert service.table.faults.calls["compare_and_set"] == 0
    assert service.table.snapshot() == before


@pytest.mark.parametrize(
    "replace",
    [create_anew, lambda service: service.table.rooms.clear()],
    ids=["created anew", "nothing left of it"],
)
def test_a_change_never_reaches_another_room_of_the_same_name(
    service: Service, replace: Callable[[Service], None]
) -> None:
    service.open()
    service.table.faults.before_next("compare_and_set", lambda: replace(service))
    with pytest.raises(RoomNotFound):
        service.change(locked=True)
    assert not any(record.room.locked for record in service.table.rooms.values())


def test_of_two_changes_at_the_same_time_both_hold(service: Service) -> None:
    service.open()
    service.table.faults.before_next(
        "compare_and_set", lambda: service.change({"max_participants": 3})
    )
    answered = service.change(locked=True)
    assert answered == service.room()
    assert (answered.locked, answered.settings.max_participants) == (True, 3)


def test_a_change_is_asked_to_come_again_if_others_change_the_room_at_every_attempt(
    service: Service,
) -> None:
    service.open()

    def another_changes() -> None:
        record = service.table.rooms["standup"]
        service.table.put_room(record, revision=record.room.revision + 1)

    service.table.faults.before_next("compare_and_set", another_changes, MAX_ATTEMPTS)
    with pytest.raises(StoreUnavailable, match="Too many requests"):
        service.change(locked=True)
    assert not service.room().locked
    assert service.change(locked=True).locked


def test_a_join_is_asked_to_come_again_if_the_room_changes_at_every_attempt(
    service: Service,
) -> None:
    service.open(max_participants=3)
    service.table.faults.before_next("write_claim", lambda: move_closing(service), MAX_ATTEMPTS)
    with pytest.raises(StoreUnavailable, match="Too many requests"):
        service.join(BOB)
    assert not service.room().seats.is_live("bob")
    assert service.refusal(BOB) is None


def test_a_room_that_another_request_creates_and_deletes_meanwhile_is_not_answered_as_open(
    service: Service,
) -> None:
    def another_creates_and_deletes() -> None:
        service.open(user=ALICE)
        close_in_the_store(service)

    service.table.faults.before_next("create", another_creates_and_deletes)
    with pytest.raises(RoomClosed, match="created and deleted"):
        service.open(user=ALICE)
