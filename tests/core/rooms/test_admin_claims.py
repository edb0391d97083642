"""The rights of an admin, which end with the bearer token that makes them one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.core.model.user import Role, User
from chalicelib.core.rooms.room_patch import SetPatch
from chalicelib.errors import InvalidField, RoomkeyError, RoomNotFound
from tests.fakes.service import ALICE, LONGEST_TOKEN, ROOT, Service
from tests.support.noon import NOON

HOUR = timedelta(hours=1)
FOR_AN_HOUR = replace(ROOT, claims_end=NOON + HOUR)
"""The admin root with a bearer token that expires in an hour."""
NO_LONGER = User("root")
"""The same user, whose bearer token says so no more."""

NOBODY = frozenset[str]()
"""The members of a room for moderators and admins alone."""


def expiry(service: Service, user: User, role: Role | None = None) -> timedelta:
    return service.join(user, role=role).expires_at - service.clock()


def test_an_admin_who_was_given_a_token_can_be_banned_at_once(service: Service) -> None:
    service.open()
    token = service.join(ROOT).token.text
    service.connect(token)
    service.ban("root")
    service.deliver()
    assert service.connected() == set()
    service.connect(token)
    assert service.connected() == set()
    assert service.refusal(NO_LONGER) == "banned"


def test_an_admin_lifts_a_ban_of_themselves_while_their_bearer_token_makes_them_one(
    service: Service,
) -> None:
    service.open()
    service.join(ROOT)
    service.ban("root")
    (ban,) = service.use_cases.ban_users.bans(ROOT, "standup", service.deadline)
    with pytest.raises(RoomkeyError) as refusal:
        service.use_cases.ban_users.lift(NO_LONGER, "standup", ban.id, service.deadline)
    assert refusal.value.code == "banned"
    service.use_cases.ban_users.lift(ROOT, "standup", ban.id, service.deadline)
    assert service.refusal(ROOT) is None


def test_a_named_moderator_cannot_be_banned_though_they_are_an_admin_too(service: Service) -> None:
    service.open(moderators=frozenset({"root"}))
    service.join(ROOT)
    with pytest.raises(InvalidField):
        service.ban("root")


@pytest.mark.parametrize("cap", [None, 5], ids=["uncapped", "capped"])
def test_an_admins_client_token_admits_to_a_restricted_room_until_the_bearer_token_expires(
    service: Service, cap: int | None
) -> None:
    service.open(max_participants=cap, members=NOBODY)
    token = service.join(FOR_AN_HOUR, role=Role.PUBLISHER).token.text
    service.clock.now += HOUR - timedelta(seconds=1)
    first = service.connect(token)
    assert service.connected() == {first}
    service.clock.forward(seconds=1)
    service.connect(token)
    assert service.connected() == {first}


def test_a_moderators_token_of_an_admin_expires_with_their_bearer_token(service: Service) -> None:
    service.open()
    assert expiry(service, FOR_AN_HOUR) == HOUR
    assert expiry(service, FOR_AN_HOUR, Role.PUBLISHER) == LONGEST_TOKEN
    assert expiry(service, ROOT) == LONGEST_TOKEN


def test_a_named_moderators_token_outlives_their_bearer_token(service: Service) -> None:
    service.open(moderators=frozenset({"root"}))
    assert expiry(service, FOR_AN_HOUR) == LONGEST_TOKEN


def test_an_admins_token_lasts_a_minute_though_their_bearer_token_expires_now(
    service: Service,
) -> None:
    service.open(members=NOBODY)
    service.clock.forward(hours=1)
    joined = service.join(FOR_AN_HOUR)
    assert joined.expires_at == service.clock() + timedelta(minutes=1)
    service.clock.forward(seconds=59)
    assert {service.connect(joined.token.text)} == service.connected()


def test_an_admin_is_recorded_once_for_each_bearer_token(service: Service) -> None:
    service.open()
    for _ in range(2):
        service.join(FOR_AN_HOUR)
    assert service.room().admins_until == {"root": NOON + HOUR}
    assert service.table.faults.calls["remember_admin"] == 1
    service.join(replace(FOR_AN_HOUR, claims_end=NOON + 2 * HOUR))
    assert service.room().admins_until == {"root": NOON + 2 * HOUR}


@pytest.mark.parametrize("cap", [None, 5], ids=["uncapped", "capped"])
def test_a_join_without_the_claim_ends_what_an_earlier_one_with_it_gave(
    service: Service, cap: int | None
) -> None:
    service.open(max_participants=cap)
    moderators = service.join(ROOT).token.text
    assert service.join(NO_LONGER).role is Role.PUBLISHER
    service.connect(moderators)
    assert service.connected() == set()
    for _ in range(2):
        service.join(NO_LONGER)
    assert service.table.faults.calls["remember_admin"] == 2


def test_who_creates_a_room_only_by_being_an_admin_moderates_it_only_while_they_are_one() -> None:
    service = Service(admins_only=True)
    room = service.open(user=ROOT, moderators=frozenset({"alice"}))
    assert (room.created_by, room.settings.moderators) == ("root", frozenset({"alice"}))
    service.change(user=ROOT, locked=True)
    with pytest.raises(RoomkeyError) as refusal:
        service.change(user=NO_LONGER, locked=False)
    assert refusal.value.code == "not_a_moderator"
    service.ban("root")


def test_an_admin_who_creates_a_room_by_joining_it_is_not_named_where_only_admins_do() -> None:
    service = Service(admins_only=True)
    assert service.join(ROOT).role is Role.MODERATOR
    assert service.room().settings.moderators == frozenset()
    assert service.join(NO_LONGER).role is Role.PUBLISHER


def test_an_admin_who_uses_the_name_of_a_deleted_room_of_others_is_not_named(
    service: Service,
) -> None:
    service.open()
    service.close()
    assert service.open(user=ROOT).settings.moderators == frozenset()
    assert service.refusal(NO_LONGER, role=Role.MODERATOR) == "role_not_allowed"


def test_an_admin_who_creates_a_room_as_anybody_may_stays_its_moderator(service: Service) -> None:
    service.open(user=ROOT)
    assert service.join(NO_LONGER).role is Role.MODERATOR


@pytest.mark.parametrize("admins_only", [False, True], ids=["anyone", "admins"])
@pytest.mark.parametrize("named", [frozenset(), {"bob"}, {"bob", "root"}], ids=len)
def test_an_admin_who_puts_their_room_again_finds_it(
    admins_only: bool,
    named: frozenset[str],
) -> None:
    service = Service(admins_only=admins_only)
    room = service.open(user=ROOT, moderators=frozenset(named))
    assert service.open(user=ROOT, moderators=frozenset(named)).room_id == room.room_id


def test_a_room_without_named_moderators_gets_them_from_an_admin() -> None:
    service = Service(admins_only=True)
    service.open(user=ROOT)
    service.change(user=ROOT, moderators=SetPatch(add=frozenset({"alice"})))
    assert service.change(user=ALICE, locked=True).locked


def test_a_revoked_admin_sees_a_private_room_no_more(service: Service) -> None:
    service.open(members=NOBODY)
    service.join(ROOT)
    with pytest.raises(RoomNotFound):
        service.use_cases.read_rooms.visible_room(NO_LONGER, "standup", service.deadline)
    assert service.refusal(NO_LONGER) == "not_a_member"
