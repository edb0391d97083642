"""The list of the rooms that a user created."""

from collections.abc import Iterator

import pytest

from chalicelib.core.model.user import User
from chalicelib.core.ports.room_store import RoomCursor, RoomPage
from chalicelib.core.rooms.read_rooms import MAX_READS_OF_A_PAGE
from chalicelib.core.rooms.room_patch import SetPatch
from tests.fakes.service import ALICE, BOB, ROOT, Service

ADD_BOB = SetPatch(add=frozenset({"bob"}))
REMOVE_ALICE = SetPatch(remove=frozenset({"alice"}))


def a_page(
    service: Service, user: User = ALICE, limit: int = 50, start: RoomCursor | None = None
) -> RoomPage:
    return service.use_cases.read_rooms.created_by(user, start, limit, service.deadline)


def pages(service: Service, limit: int) -> Iterator[RoomPage]:
    page = a_page(service, limit=limit)
    yield page
    while page.next_cursor is not None:
        page = a_page(service, limit=limit, start=page.next_cursor)
        yield page


def names(*listed: RoomPage) -> list[str]:
    return [room.name for page in listed for room in page.rooms]


def hand_over(service: Service, name: str) -> None:
    """Make bob the moderator of alice's room, and alice none."""
    service.change(name=name, moderators=ADD_BOB)
    service.change(name=name, user=BOB, moderators=REMOVE_ALICE)


def open_rooms(service: Service, kept: str) -> list[str]:
    """Open a room for each letter, and hand over those with a "-". Return the others' names."""
    for number, letter in enumerate(kept):
        service.open(f"room-{number}")
        if letter == "-":
            hand_over(service, f"room-{number}")
        service.clock.forward(seconds=1)
    return [f"room-{number}" for number, letter in enumerate(kept) if letter != "-"][::-1]


def test_a_creator_who_moderates_a_room_no_more_is_not_shown_it(service: Service) -> None:
    service.open("kept")
    service.open("handed-over")
    hand_over(service, "handed-over")
    assert names(a_page(service)) == ["kept"]


@pytest.mark.parametrize("members", [None, frozenset({"alice"})], ids=["open", "member"])
def test_a_creator_who_is_only_a_member_by_now_is_not_shown_the_room(
    service: Service, members: frozenset[str] | None
) -> None:
    service.open(members=members)
    hand_over(service, "standup")
    service.join(ALICE)
    assert a_page(service) == RoomPage((), None)


def test_a_creator_who_is_banned_is_not_shown_the_room(service: Service) -> None:
    service.open()
    hand_over(service, "standup")
    service.ban("alice", user=BOB)
    assert a_page(service) == RoomPage((), None)


def test_a_creator_who_moderates_a_room_again_is_shown_it_again(service: Service) -> None:
    service.open()
    hand_over(service, "standup")
    service.change(user=BOB, moderators=SetPatch(add=frozenset({"alice"})))
    assert names(a_page(service)) == ["standup"]


def test_an_admin_who_is_not_named_is_shown_the_rooms_they_created(service: Service) -> None:
    service.open(user=ROOT, moderators=frozenset({"bob"}))
    service.change(user=ROOT, moderators=SetPatch(remove=frozenset({"root"})))
    assert names(a_page(service, ROOT)) == ["standup"]
    assert names(a_page(service, User("root"))) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
@pytest.mark.parametrize("kept", ["aa-aa", "-a--a-", "aaa--", "--aaa", "-----", "---------a"])
def test_hidden_rooms_leave_no_gap_and_no_room_is_listed_twice(
    service: Service, kept: str, limit: int
) -> None:
    expected = open_rooms(service, kept)
    assert names(*pages(service, limit)) == expected


def test_a_page_is_filled_though_rooms_in_it_are_hidden(service: Service) -> None:
    expected = open_rooms(service, "aa--a")
    assert names(a_page(service, limit=2)) == expected[:2]


def test_a_page_behind_many_hidden_rooms_ends_early_and_says_where_to_go_on(
    service: Service,
) -> None:
    expected = open_rooms(service, "a" + "-" * 2 * MAX_READS_OF_A_PAGE)
    service.table.faults.calls.clear()
    page = a_page(service, limit=2)
    assert page.rooms == ()
    assert page.next_cursor is not None
    assert service.table.faults.calls["created_by"] == MAX_READS_OF_A_PAGE
    assert names(*pages(service, 2)) == expected
