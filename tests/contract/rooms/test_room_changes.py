"""The changes that every room store writes, on every engine, if nobody has changed the room."""

from dataclasses import replace

import pytest

from chalicelib.core.ports.room_store import RoomStore, StaleRoom
from tests.support.stores.engines import Database
from tests.support.stores.example_rooms import NOON, a_room, closed, soon


def test_a_change_of_a_room_that_was_changed_meanwhile_is_refused(store: RoomStore) -> None:
    room = a_room()
    store.create(room, None, soon())
    store.compare_and_set(room, replace(room, locked=True), NOON, soon())
    current = replace(room, locked=True, revision=room.revision + 1)
    with pytest.raises(StaleRoom) as refusal:
        store.compare_and_set(room, replace(room, bans={"bob": NOON}), NOON, soon())
    assert refusal.value.room == current
    assert store.find(room.name, soon()) == current


def test_a_change_of_a_room_that_another_one_has_replaced_is_refused(store: RoomStore) -> None:
    room = a_room()
    store.create(room, None, soon())
    store.close(room, NOON, soon())
    successor = replace(a_room(), room_id="successor", session_id="successors-session")
    store.create(successor, closed(room, NOON), soon())
    with pytest.raises(StaleRoom) as refusal:
        store.compare_and_set(room, replace(room, locked=True), NOON, soon())
    assert refusal.value.room == successor
    assert store.find(room.name, soon()) == successor


def test_a_change_of_a_room_that_is_gone_makes_no_record(
    store: RoomStore, database: Database
) -> None:
    room = a_room()
    with pytest.raises(StaleRoom) as refusal:
        store.compare_and_set(room, replace(room, locked=True), NOON, soon())
    assert refusal.value.room is None
    assert database.keys() == []
