import base64
import hashlib
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.api.http.cursors import (
    EntryPosition,
    Position,
    TimedPosition,
    decode_cursor,
    encode_cursor,
)
from chalicelib.errors import InvalidField

CREATED_AT = datetime(2026, 3, 1, 12, 0, 0, 1000, tzinfo=UTC)
STANDUP = TimedPosition.of("standup", CREATED_AT)


def test_a_cursor_leads_back_to_its_position() -> None:
    decoded = decode_cursor(encode_cursor(STANDUP, "alice"), "alice", TimedPosition)
    assert (decoded.id, decoded.created_at) == ("standup", CREATED_AT)
    connection = Position("c-1")
    assert decode_cursor(encode_cursor(connection, "alice"), "alice", Position) == connection


def test_the_cursor_of_a_long_owner_in_any_script_leads_back() -> None:
    for owner in ("\N{GRINNING FACE}" * 63, "\u0085" * 127, "\x01" * 255):
        entry = EntryPosition("a" * 128, 253_402_300_799_999, owner, is_session=True)
        assert decode_cursor(encode_cursor(entry, "root"), "root", EntryPosition) == entry


def test_a_cursor_of_arrays_within_arrays_is_refused() -> None:
    content = b"[" * 2000
    checksum = hashlib.sha256(content + b"\0alice").digest()[:8]
    nested = base64.urlsafe_b64encode(checksum + content).decode().rstrip("=")
    with pytest.raises(InvalidField):
        decode_cursor(nested, "alice", TimedPosition)


def test_a_cursor_of_another_scope_is_refused() -> None:
    with pytest.raises(InvalidField) as refusal:
        decode_cursor(encode_cursor(STANDUP, "alice"), "bob", TimedPosition)
    assert refusal.value.fields[0].field == "cursor"


@settings(derandomize=True)
@given(st.text(max_size=80))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidField):
        decode_cursor(text, "alice", TimedPosition)


@pytest.mark.parametrize("position", range(0, 40, 3))
def test_a_damaged_cursor_is_refused(position: int) -> None:
    content = bytearray(base64.urlsafe_b64decode(encode_cursor(STANDUP, "alice") + "=="))
    content[position % len(content)] ^= 1
    damaged = base64.urlsafe_b64encode(content).decode().rstrip("=")
    with pytest.raises(InvalidField):
        decode_cursor(damaged, "alice", TimedPosition)


@pytest.mark.parametrize(
    "forged",
    [
        Position("standup"),
        TimedPosition("", 0),
        TimedPosition("stand\nup", 0),
        TimedPosition("standup\n", 0),
        TimedPosition("standup", -1),
        TimedPosition("standup", 253_402_300_800_000),
        TimedPosition("a" * 129, 0),
        TimedPosition("a" * 1013, 0),
    ],
)
def test_a_forged_position_is_refused_though_its_checksum_is_right(forged: Position) -> None:
    with pytest.raises(InvalidField):
        decode_cursor(encode_cursor(forged, "alice"), "alice", TimedPosition)


def forged(content: bytes, scope: str = "alice") -> str:
    """Return a cursor of any content, with the right checksum."""
    checksum = hashlib.sha256(content + b"\0" + scope.encode()).digest()[:8]
    return base64.urlsafe_b64encode(checksum + content).decode().rstrip("=")


@pytest.mark.parametrize(
    "content",
    [
        b'["standup",0,"more"]',
        b'["standup", 0]',
        b'["standup",0]' + b" " * 1000,
        b'["standup",0,' + b"[" * 500 + b"]" * 500 + b"]",
        b'["standup",0,' + b"[" * 20_000 + b"]" * 20_000 + b"]",
        b"[" * 20_000,
        b"",
        b"\xff",
    ],
    ids=lambda content: ascii(content)[:30],
)
def test_a_forged_cursor_of_another_form_or_of_any_length_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidField):
        decode_cursor(forged(content), "alice", TimedPosition)


def test_the_longest_cursor_leads_back_to_its_position() -> None:
    last = TimedPosition("a" * 128, 253_402_300_799_999)
    assert forged(msgspec.json.encode(last)) == encode_cursor(last, "alice")
    assert decode_cursor(encode_cursor(last, "alice"), "alice", TimedPosition) == last


def test_the_last_moment_that_python_knows_has_a_cursor() -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
    cursor = encode_cursor(TimedPosition.of("standup", last), "alice")
    assert decode_cursor(cursor, "alice", TimedPosition).created_at == last


def test_a_cursor_does_not_show_its_user() -> None:
    cursor = encode_cursor(STANDUP, "alice")
    assert b"alice" not in base64.urlsafe_b64decode(cursor + "==")
