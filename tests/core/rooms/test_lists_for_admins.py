"""Lists of rooms for admins."""

import pytest

from chalicelib.core.rooms.read_rooms import MAX_READS_OF_A_PAGE, ListRooms
from chalicelib.errors import NotAnAdmin
from tests.fakes.service import ALICE, BOB, ROOT, Service


@pytest.fixture
def lists(service: Service) -> ListRooms:
    return service.use_cases.list_rooms()


def test_an_admin_sees_the_rooms_of_any_user(service: Service, lists: ListRooms) -> None:
    service.open("hers")
    service.open("his", user=BOB)
    page = lists.of(ROOT, "bob", None, 10, service.deadline)
    assert [each.name for each in page.rooms] == ["his"]


def test_live_rooms_are_those_that_checks_do_not_find_empty(
    service: Service, lists: ListRooms
) -> None:
    for name in ("busy", "quiet"):
        service.open(name)
    service.enter(BOB, "busy")
    service.clock.forward(minutes=2)
    service.reconcile()

    page = lists.live(ROOT, None, 10, service.deadline)
    assert [each.name for each in page.rooms] == ["busy"]


def test_live_rooms_come_page_by_page(service: Service, lists: ListRooms) -> None:
    names = {f"room-{number}" for number in range(5)}
    for name in names:
        service.open(name)
    shown: list[str] = []
    after = None
    for _ in range(5):
        page = lists.live(ROOT, after, 2, service.deadline)
        shown += [each.name for each in page.rooms]
        after = page.after
        if after is None:
            break
    assert (len(shown), set(shown)) == (5, names)


def test_all_rooms_come_page_by_page_though_deleted_ones_lie_between(
    service: Service, lists: ListRooms
) -> None:
    for number in range(30):
        service.open(f"room-{number:02}")
        if 3 <= number < 27:
            service.close(f"room-{number:02}")
    shown: list[list[str]] = []
    after = None
    for _ in range(20):
        page = lists.every(ROOT, after, 2, service.deadline)
        shown.append([each.name for each in page.rooms])
        after = page.after
        if after is None:
            break
    left = [f"room-{number:02}" for number in (0, 1, 2, 27, 28, 29)]
    assert [name for names in shown for name in names] == left
    # So many deleted ones in a row end a page early.
    assert [] in shown
    assert service.table.faults.calls["page_of_all"] <= MAX_READS_OF_A_PAGE * len(shown)


def test_nobody_else_sees_the_rooms_of_others(service: Service, lists: ListRooms) -> None:
    for ask in (
        lambda: lists.of(ALICE, "alice", None, 10, service.deadline),
        lambda: lists.live(ALICE, None, 10, service.deadline),
        lambda: lists.every(ALICE, None, 10, service.deadline),
    ):
        with pytest.raises(NotAnAdmin):
            ask()
