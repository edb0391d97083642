"""Invitations: who makes them, how long they hold, and what is told of them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.core.model.invitation import (
    MAX_LISTED_INVITATIONS,
    MAX_LIVE_INVITATIONS,
    MAX_USES_OF_MODERATOR_INVITATION,
    guest_of,
)
from chalicelib.core.model.room import MAX_ADMINS, MAX_GUESTS_WHO_MODERATE
from chalicelib.core.model.user import Role, User
from chalicelib.core.rooms.invitations.invitation_rule import InvitationRule
from chalicelib.errors import (
    Banned,
    FeatureDisabled,
    InvalidField,
    InvitationNotFound,
    NotAModerator,
    QuotaExceeded,
    RoleNotAllowed,
    RoomClosed,
    RoomNotFound,
    StoreUnavailable,
    TooManyInvitations,
)
from tests.fakes.service import ALICE, BOB, FAR_AWAY, ROOT, Invited, Service
from tests.support.noon import NOON

PAGE = "https://api.example/api/call"
DAY = timedelta(days=1)


def listed(service: Service, name: str = "standup") -> list[str]:
    invite = service.use_cases.invite_guests
    return [each.id for each in invite.invitations(ALICE, name, service.deadline)]


def test_an_invitation_lasts_seven_days_and_gives_the_rooms_default_role(service: Service) -> None:
    service.open(default_role=Role.SUBSCRIBER)

    made, code = service.invite()

    assert (made.role, made.max_uses, made.uses) == (Role.SUBSCRIBER, None, 0)
    assert (made.created_by, made.expires_at) == ("alice", NOON + 7 * DAY)
    assert code not in repr(made)
    assert code not in repr(service.table.snapshot())


@pytest.mark.parametrize(
    ("days", "refused"), [(-1, True), (0, True), (1, False), (90, False), (91, True)]
)
def test_an_invitation_ends_in_the_future_and_in_ninety_days_at_most(
    service: Service, days: int, refused: bool
) -> None:
    service.open()
    if refused:
        with pytest.raises(InvalidField) as told:
            service.invite(expires_at=NOON + days * DAY)
        assert [each.field for each in told.value.fields] == ["expiresAt"]
        assert listed(service) == []
    else:
        service.invite(expires_at=NOON + days * DAY)
        assert len(listed(service)) == 1


def test_only_moderators_invite_list_and_revoke(service: Service) -> None:
    service.open()
    made, _ = service.invite(user=ROOT)
    invite = service.use_cases.invite_guests

    with pytest.raises(NotAModerator):
        service.invite(user=BOB)
    with pytest.raises(NotAModerator):
        invite.invitations(BOB, "standup", service.deadline)
    with pytest.raises(NotAModerator):
        service.revoke(made, user=BOB)
    service.change({"members": frozenset({"carol"})})
    with pytest.raises(RoomNotFound):
        service.invite(user=BOB)
    service.change({"members": None})
    service.ban("bob")
    with pytest.raises(Banned):
        service.invite(user=BOB)
    assert listed(service) == [made.id]


def test_a_deleted_room_invites_nobody_and_lists_nothing(service: Service) -> None:
    service.open()
    service.invite()
    service.close()

    assert listed(service) == []
    with pytest.raises(RoomClosed):
        service.invite()


def test_a_list_begins_with_the_oldest_and_leaves_out_what_has_ended(service: Service) -> None:
    service.open()
    made = []
    for minutes in (3, 1, 2):
        service.clock.forward(minutes=1)
        made.append(service.invite(expires_at=service.clock() + minutes * DAY).invitation)
    assert listed(service) == [each.id for each in made]

    service.revoke(made[0])
    assert listed(service) == [made[1].id, made[2].id]
    service.clock.forward(days=1)
    assert listed(service) == [made[2].id]


def test_a_used_up_invitation_is_listed_with_its_uses(service: Service) -> None:
    service.open()
    made, code = service.invite(max_uses=1)
    service.come(code)

    (shown,) = service.use_cases.invite_guests.invitations(ALICE, "standup", service.deadline)

    assert (shown.id, shown.uses, shown.is_used_up) == (made.id, 1, True)


def test_a_room_has_a_hundred_live_invitations_at_most(service: Service) -> None:
    service.open()
    every = [service.invite(max_uses=1) for _ in range(MAX_LIVE_INVITATIONS)]
    with pytest.raises(TooManyInvitations):
        service.invite()

    service.revoke(every[0].invitation)
    service.come(every[1].code)
    service.invite()
    service.invite()
    with pytest.raises(TooManyInvitations):
        service.invite()
    service.clock.forward(days=7)
    service.invite()
    assert len(listed(service)) == 1
    service.open("retro")
    service.invite("retro")


def test_the_oldest_used_up_invitations_leave_a_long_list(service: Service) -> None:
    service.open()
    used: list[Invited] = []
    for number in range(MAX_LISTED_INVITATIONS):
        service.clock.forward(seconds=1)
        used.append(service.invite(max_uses=1))
        service.come(used[-1].code, f"guest-{number}")
    service.invite()

    assert len(listed(service)) == MAX_LISTED_INVITATIONS
    assert used[0].invitation.id not in listed(service)
    service.revoke(used[0].invitation)
    assert service.refusal_of_guest(used[0].code, "guest-0") == "invitation_invalid"


def test_what_a_guest_made_stays_on_a_long_list_and_ends_with_the_invitation_of_its_maker(
    service: Service,
) -> None:
    service.open()
    own = service.invite(role=Role.MODERATOR, max_uses=1)
    service.come(own.code, "host")
    host = guest_of(own.invitation, "host")
    made = service.invite(user=host, max_uses=1)
    service.come(made.code, "ann")
    for number in range(MAX_LISTED_INVITATIONS):
        service.clock.forward(seconds=1)
        service.come(service.invite(max_uses=1).code, f"guest-{number}")
    assert len(listed(service)) == MAX_LISTED_INVITATIONS

    with pytest.raises(RoleNotAllowed):
        service.revoke(own.invitation, user=host)
    service.revoke(own.invitation)

    assert service.refusal_of_guest(made.code, "ann") == "invitation_invalid"
    assert not {own.invitation.id, made.invitation.id} & set(listed(service))


def test_a_list_full_of_what_must_stay_takes_no_more(service: Service) -> None:
    service.open()
    own = service.invite(role=Role.MODERATOR, max_uses=1)
    service.come(own.code, "host")
    host = guest_of(own.invitation, "host")
    for number in range(MAX_LISTED_INVITATIONS - 1):
        service.come(service.invite(user=host, max_uses=1).code, f"guest-{number}")
    for user in (ALICE, host):
        with pytest.raises(TooManyInvitations):
            service.invite(user=user)
    service.revoke(own.invitation)
    service.invite()


def test_two_moderators_who_invite_at_once_each_get_an_invitation(service: Service) -> None:
    service.open()
    service.table.faults.before_next("put_new", lambda: service.invite(user=ROOT))

    made, _ = service.invite()

    assert len(listed(service)) == 2
    assert made.id in listed(service)


def test_no_more_than_a_hundred_are_live_though_two_moderators_invite_at_once(
    service: Service,
) -> None:
    service.open()
    for _ in range(MAX_LIVE_INVITATIONS - 1):
        service.invite()
    service.table.faults.before_next("put_new", lambda: service.invite(user=ROOT))
    with pytest.raises(TooManyInvitations):
        service.invite()
    assert len(listed(service)) == MAX_LIVE_INVITATIONS


def test_an_invitation_of_another_room_or_of_none_is_not_found(service: Service) -> None:
    service.open()
    service.open("retro")
    made, code = service.invite()
    invite = service.use_cases.invite_guests

    for unknown in ("0" * 24, "x", code, made.code_hash):
        with pytest.raises(InvitationNotFound):
            invite.revoke(ALICE, "standup", unknown, service.deadline)
    assert service.table.faults.calls["revoke"] == 1
    with pytest.raises(InvitationNotFound):
        service.revoke(made, "retro")
    assert service.refusal_of_guest(code) is None


def test_where_invitations_are_off_nobody_is_invited_and_nobody_comes() -> None:
    service = Service(invitations=InvitationRule(enabled=False))
    service.open()
    with pytest.raises(FeatureDisabled) as refused:
        service.invite()
    assert refused.value.extensions["setting"] == "INVITATIONS"

    calls = service.table.faults.calls.total()
    with pytest.raises(FeatureDisabled):
        service.come("code-1")
    assert service.table.faults.calls.total() == calls
    assert listed(service) == []


def test_a_failure_of_the_store_makes_no_half_invitation(service: Service) -> None:
    service.open()
    service.table.faults.fail_next("put_new")
    with pytest.raises(StoreUnavailable):
        service.invite()
    assert listed(service) == []


@pytest.mark.parametrize(
    ("url", "page", "opens_call_page", "expected"),
    [
        (None, None, True, None),
        (None, PAGE, True, f"{PAGE}#invitation=c-1"),
        (None, PAGE, False, None),
        ("app://join#{code}", PAGE, True, "app://join#c-1"),
        ("app://join#{code}", None, False, "app://join#c-1"),
    ],
)
def test_the_address_of_an_invitation_is_the_operators_or_the_call_page(
    url: str | None, page: str | None, opens_call_page: bool, expected: str | None
) -> None:
    rule = InvitationRule(url=url, opens_call_page=opens_call_page)
    assert rule.url_of("c-1", page) == expected


# What moderators may make.


def test_a_moderator_makes_so_many_invitations_in_an_hour_to_all_rooms_together() -> None:
    service = Service(quotas=replace(FAR_AWAY, invitations_per_hour=2))
    service.open()
    service.open("retro")
    service.invite()
    service.invite("retro")
    with pytest.raises(QuotaExceeded) as refusal:
        service.invite()
    assert refusal.value.extensions == {"quota": "invitationsPerHour", "limit": 2}
    assert refusal.value.retry_after == 3600
    assert len(listed(service)) == 1

    for _ in range(3):
        service.invite(user=ROOT)
    service.clock.forward(hours=1)
    service.invite()


def test_an_invitation_that_the_room_refuses_is_not_counted() -> None:
    service = Service(quotas=replace(FAR_AWAY, invitations_per_hour=1))
    service.open()
    with pytest.raises(InvalidField):
        service.invite(expires_at=NOON)
    service.table.faults.before_next("put_new", lambda: service.invite(user=ROOT))
    service.invite()
    assert len(listed(service)) == 2


def test_few_guests_may_moderate_by_one_invitation(service: Service) -> None:
    service.open()
    assert (
        service.invite(role=Role.MODERATOR).invitation.max_uses == MAX_USES_OF_MODERATOR_INVITATION
    )
    assert service.invite(role=Role.MODERATOR, max_uses=2).invitation.max_uses == 2
    assert service.invite().invitation.max_uses is None
    with pytest.raises(InvalidField) as refusal:
        service.invite(role=Role.MODERATOR, max_uses=MAX_USES_OF_MODERATOR_INVITATION + 1)
    assert [each.field for each in refusal.value.fields] == ["maxUses"]


def test_guests_who_moderate_take_no_admins_place_on_record(service: Service) -> None:
    service.open()
    admins = [f"admin-{number}" for number in range(MAX_ADMINS)]
    for admin in admins:
        service.join(User(admin, admin=True))
    codes = [service.invite(role=Role.MODERATOR).code for _ in range(6)]
    for number in range(MAX_GUESTS_WHO_MODERATE + 1):
        service.clock.forward(seconds=1)
        service.come(codes[number // 10], f"guest-{number}")

    recorded = service.room().admins_until.keys()

    assert recorded >= set(admins)
    assert len(recorded) == MAX_ADMINS + MAX_GUESTS_WHO_MODERATE
