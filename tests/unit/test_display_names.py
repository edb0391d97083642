"""The names that users and guests give themselves, as the requests for tokens accept them."""

import msgspec
import pytest

from chalicelib.api.rooms.invitation_requests import GuestTokenBody, InvitationBody
from chalicelib.api.rooms.requests import TokenBody

REQUIRED: dict[type[msgspec.Struct], dict[str, str]] = {
    GuestTokenBody: {"code": "c", "guestKey": "k" * 22}
}
BODIES = [TokenBody, InvitationBody, GuestTokenBody]
HARMLESS = [
    "Ann",
    "  Ann Ö'Neill <ann@example.com> ",
    "e\u0301",
    "👩\u200d👧",
    "می\u200cروم",
    "😀" * 200,
    '"' * 200,
]
REFUSED = {
    "nothing": "",
    "blanks": " \u3000\xa0",
    "a line end": "Ann\n",
    "another line end": "Ann\u2028Ben",
    "a NUL": "\0",
    "an escape": "\x1b[31mAnn",
    "a zero-width space": "\u200b",
    "a filler": "\u3164",
    "a soft hyphen": "\xad",
    "a selector": "\ufe0f",
    "a text turned around": "Ann\u202e",
    "an isolated text": "\u2066Ann",
    "too many characters": "x" * 201,
}


def accepts(body: type[msgspec.Struct], name: str) -> bool:
    try:
        msgspec.convert(REQUIRED.get(body, {}) | {"name": name}, body)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("body", BODIES)
def test_a_name_may_have_any_letters(body: type[msgspec.Struct]) -> None:
    assert [name for name in HARMLESS if not accepts(body, name)] == []


@pytest.mark.parametrize("body", BODIES)
def test_a_name_is_one_line_and_something_of_it_is_seen(body: type[msgspec.Struct]) -> None:
    assert [what for what, name in REFUSED.items() if accepts(body, name)] == []
