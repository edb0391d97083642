"""Roles and lifetimes of client tokens."""

from datetime import timedelta

import pytest

from chalicelib.core.model.connection import Participant
from chalicelib.core.model.user import Role, User
from chalicelib.core.rooms.join_request import JoinRequest
from chalicelib.errors import RoomClosed
from tests.fakes.service import ALICE, BOB, LONGEST_TOKEN, ROOT, Service
from tests.support.noon import NOON

HOUR = timedelta(hours=1)


ASKED_AND_GRANTED: list[tuple[User, Role, Role | None, Role | None]] = [
    (ALICE, Role.PUBLISHER, None, Role.MODERATOR),
    (ROOT, Role.SUBSCRIBER, None, Role.MODERATOR),
    *((ALICE, Role.SUBSCRIBER, role, role) for role in Role),
    *((ROOT, Role.PUBLISHER, role, role) for role in Role),
    (BOB, Role.PUBLISHER, None, Role.PUBLISHER),
    (BOB, Role.PUBLISHER, Role.SUBSCRIBER, Role.SUBSCRIBER),
    (BOB, Role.PUBLISHER, Role.PUBLISHER_ONLY, Role.PUBLISHER_ONLY),
    (BOB, Role.PUBLISHER, Role.MODERATOR, None),
    (BOB, Role.PUBLISHER_ONLY, None, Role.PUBLISHER_ONLY),
    (BOB, Role.PUBLISHER_ONLY, Role.PUBLISHER, Role.PUBLISHER),
    (BOB, Role.SUBSCRIBER, None, Role.SUBSCRIBER),
    (BOB, Role.SUBSCRIBER, Role.SUBSCRIBER, Role.SUBSCRIBER),
    (BOB, Role.SUBSCRIBER, Role.PUBLISHER, None),
    (BOB, Role.SUBSCRIBER, Role.PUBLISHER_ONLY, None),
    (BOB, Role.SUBSCRIBER, Role.MODERATOR, None),
]


@pytest.mark.parametrize(("user", "default", "asked", "granted"), ASKED_AND_GRANTED)
def test_a_token_has_the_role_that_the_user_may_have(
    service: Service, user: User, default: Role, asked: Role | None, granted: Role | None
) -> None:
    service.open(default_role=default)
    if granted is None:
        assert service.refusal(user, role=asked) == "role_not_allowed"
        return
    joined = service.join(user, role=asked)
    assert joined.role is granted
    assert service.opentok.specs[joined.token.text].role is granted


def test_who_is_named_a_moderator_moderates_until_they_are_no_more(service: Service) -> None:
    service.open(moderators=frozenset({"bob"}))
    assert service.join(BOB).role is Role.MODERATOR
    service.change({"moderators": frozenset({"alice"})})
    assert service.join(BOB).role is Role.PUBLISHER


@pytest.mark.parametrize(
    ("asked", "closes_in", "lasts"),
    [
        (None, None, LONGEST_TOKEN),
        (timedelta(minutes=1), None, timedelta(minutes=1)),
        (None, HOUR, HOUR),
        (timedelta(minutes=1), HOUR, timedelta(minutes=1)),
        (HOUR, timedelta(seconds=30, milliseconds=900), timedelta(seconds=30)),
    ],
)
def test_a_token_lasts_as_asked_and_never_longer_than_its_room(
    service: Service, asked: timedelta | None, closes_in: timedelta | None, lasts: timedelta
) -> None:
    service.open(closes_at=None if closes_in is None else NOON + closes_in)
    joined = service.join(BOB, lifetime=asked)
    assert joined.expires_at == NOON + lasts
    spec = service.opentok.specs[joined.token.text]
    assert spec.expires_at == (NOON + lasts).timestamp()


def test_what_waits_for_opentok_makes_no_token_that_outlives_the_room(service: Service) -> None:
    service.open(closes_at=NOON + timedelta(seconds=30))
    service.opentok.faults.before_next("project_id", lambda: service.clock.forward(seconds=30))
    with pytest.raises(RoomClosed):
        service.join(BOB)


@pytest.mark.parametrize(
    ("signed", "requested", "shown"),
    [("Bob", "Robert", "Bob"), ("", "Robert", ""), (None, "Robert", "Robert"), (None, None, None)],
)
def test_a_name_in_the_request_is_used_only_if_the_bearer_token_has_none(
    service: Service, signed: str | None, requested: str | None, shown: str | None
) -> None:
    service.open()
    request, join = JoinRequest(name=requested), service.use_cases.join_room.join
    token = join(User("bob", signed), "standup", request, service.deadline).token.text
    data = service.opentok.specs[token].connection_data
    assert Participant.of(data) == Participant("bob", shown, Role.PUBLISHER)
