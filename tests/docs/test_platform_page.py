"""`docs/platform.md` says of every server call where it is given: whole, and of real routes."""

import re
from inspect import getmembers
from pathlib import Path

from opentok import Client

from app import app

PAGE = (Path(__file__).parents[2] / "docs" / "platform.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith(("| `", "| made"))
]

OUR_OWN = {
    "GET /rooms/{room}/bans",
    "DELETE /rooms/{room}/bans/{ban_id}",
    "POST /rooms/{room}/invitations",
    "GET /rooms/{room}/invitations",
    "DELETE /rooms/{room}/invitations/{invitation_id}",
    "GET /rooms/{room}/waiting",
    "POST /rooms/{room}/waiting/{waiting_id}/admission",
    "POST /rooms/{room}/waiting/admissions",
    "DELETE /rooms/{room}/waiting/{waiting_id}",
    "GET /rooms/{room}/attendance",
    "GET /rooms/{room}/participants",
}
"""The parts of a room's routes that OpenTok has no part in."""


def named(text: str) -> set[str]:
    """Return the words between backticks."""
    return set(re.findall(r"`([^`]+)`", text))


def test_every_public_method_of_the_sdk_is_accounted_for_and_no_other() -> None:
    methods = {name for name, _ in getmembers(Client) if not name.startswith("_")}
    settings = named(PAGE.partition("## The SDK's own settings")[2])
    given = set().union(*(named(sdk) for _, sdk, _ in ROWS))
    assert given | settings == methods
    assert not given & settings


def test_every_route_that_is_named_is_one() -> None:
    routes = {
        f"{method} {path}"
        for path, views in app.routes.items()
        for method in views
        if method != "HEAD"
    }
    here = set().union(*(named(here) for _, _, here in ROWS))
    claimed = {each for each in here if re.match(r"[A-Z]+ /", each)}
    assert claimed <= routes
    of_rooms = {each for each in routes if " /rooms/{room}/" in each}
    assert OUR_OWN <= of_rooms <= claimed | OUR_OWN


def test_every_call_says_where_it_is_given_or_why_not() -> None:
    for call, _, here in ROWS:
        assert here, call
        assert named(here) or here.startswith("not given: "), call
