import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.api.http.cursors import (
    read_cursor,
    read_media_cursor,
    write_cursor,
    write_media_cursor,
)
from chalicelib.core.model.media import MediaCursor, MediaKind
from chalicelib.core.ports.room_store import RoomCursor
from chalicelib.errors import InvalidField

START = RoomCursor("standup", datetime(2026, 3, 1, 12, 0, 0, 1000, tzinfo=UTC))


def test_a_cursor_leads_back_to_where_it_was_written() -> None:
    assert read_cursor(write_cursor(START, "alice"), "alice") == START


def test_another_users_cursor_is_refused() -> None:
    with pytest.raises(InvalidField) as refusal:
        read_cursor(write_cursor(START, "alice"), "bob")
    assert refusal.value.fields[0].field == "cursor"


def test_a_cursor_of_media_is_good_for_its_list_in_its_room_alone() -> None:
    start = MediaCursor("a-1", START.created_at)
    cursor = write_media_cursor(start, MediaKind.ARCHIVE, "Standup", "alice")
    assert read_media_cursor(cursor, MediaKind.ARCHIVE, "standup", "alice") == start
    for kind, room, user in (
        (MediaKind.RENDER, "standup", "alice"),
        (MediaKind.ARCHIVE, "retro", "alice"),
        (MediaKind.ARCHIVE, "standup", "bob"),
    ):
        with pytest.raises(InvalidField):
            read_media_cursor(cursor, kind, room, user)


@settings(derandomize=True)
@given(st.text(max_size=80))
def test_no_text_but_a_cursor_is_one(text: str) -> None:
    with pytest.raises(InvalidField):
        read_cursor(text, "alice")


@pytest.mark.parametrize("position", range(0, 40, 3))
def test_a_damaged_cursor_is_refused(position: int) -> None:
    content = bytearray(base64.urlsafe_b64decode(write_cursor(START, "alice") + "=="))
    content[position % len(content)] ^= 1
    damaged = base64.urlsafe_b64encode(content).decode().rstrip("=")
    with pytest.raises(InvalidField):
        read_cursor(damaged, "alice")


def test_a_cursor_does_not_show_its_user() -> None:
    cursor = write_cursor(START, "alice")
    assert b"alice" not in base64.urlsafe_b64decode(cursor + "==")
