"""The lists of users in a change of a room, and in a room that is put again."""

from typing import Any

import pytest

from chalicelib.core.model.user import User
from chalicelib.core.rooms.room_patch import SetPatch
from chalicelib.errors import InvalidField, RoomExists
from tests.fakes.service import ALICE, BOB, ROOT, Service


@pytest.mark.parametrize("user", [ALICE, ROOT], ids=["moderator", "admin"])
def test_the_last_moderator_of_a_room_cannot_be_removed(service: Service, user: User) -> None:
    service.open(moderators=frozenset({"bob"}))
    service.change(user=user, moderators=SetPatch(remove=frozenset({"alice"})))
    assert service.room().settings.moderators == {"bob"}
    with pytest.raises(InvalidField, match="moderators"):
        service.change(user=ROOT, moderators=SetPatch(remove=frozenset({"bob"})))
    with pytest.raises(InvalidField, match="moderators"):
        service.change({"moderators": frozenset()}, user=ROOT)
    assert service.room().settings.moderators == {"bob"}


def test_the_default_room_has_no_moderators_and_needs_none(service: Service) -> None:
    service.join(BOB, "lobby")
    service.change({"moderators": frozenset(), "max_participants": 9}, name="lobby", user=ROOT)
    assert service.room("lobby").settings.moderators == frozenset()
    assert service.room("lobby").settings.max_participants == 9


def test_the_ids_of_a_list_are_limited_in_bytes(service: Service) -> None:
    service.open()
    many = SetPatch(add=frozenset(f"{number:02}" + "\u20ac" * 253 for number in range(90)))
    some = SetPatch(add=frozenset(f"{number:02}" + "\u20ac" * 253 for number in range(30)))
    with pytest.raises(InvalidField, match="members"):
        service.change(members=many)
    with pytest.raises(InvalidField, match="moderators"):
        service.change(moderators=some)
    service.change(members=some)


def test_a_room_put_again_is_compared_with_the_moderators_that_it_has_now(
    service: Service,
) -> None:
    room = service.open(moderators=frozenset({"bob"}))
    service.change(user=BOB, moderators=SetPatch(remove=frozenset({"alice"})))
    assert service.open(user=BOB, moderators=frozenset({"bob"})).room_id == room.room_id
    for others in ({"alice"}, {"alice", "bob"}, {"bob", "carol"}, set[str]()):
        with pytest.raises(RoomExists) as refusal:
            service.open(user=BOB, moderators=frozenset(others))
        assert [each.field for each in refusal.value.fields] == ["moderators"]


@pytest.mark.parametrize("name", ["members", "moderators"])
def test_a_guest_is_named_in_no_list_of_a_room(service: Service, name: str) -> None:
    guest = frozenset({"guest:1"})
    asked: dict[str, Any] = {name: guest}
    with pytest.raises(InvalidField) as refusal:
        service.open(**asked)
    assert [each.field for each in refusal.value.fields] == [name]
    room = service.open()
    changed: dict[str, Any] = {name: SetPatch(add=guest)}
    with pytest.raises(InvalidField) as refusal:
        service.change(**changed)
    assert [each.field for each in refusal.value.fields] == [name]
    assert service.room() == room
