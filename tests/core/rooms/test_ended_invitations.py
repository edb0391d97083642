"""Guests whose invitation is revoked, or who are banned, have no seat and no way back."""

from collections.abc import Callable

import pytest

from chalicelib.core.model.invitation import guest_of
from chalicelib.core.model.seats import HOLD
from chalicelib.core.model.user import Role, User
from chalicelib.core.model.waiting import (
    FORGOTTEN_AFTER,
    MAX_FORGOTTEN_AT_ONCE,
    MAX_REMEMBERED,
    REMEMBERED_FOR,
    SIGNAL_EVERY,
    TURNED_AWAY_FOR,
)
from chalicelib.core.rooms.invitations.join_by_invitation import GuestRequest
from chalicelib.errors import Banned
from tests.core.rooms.test_waiting_guests import ask
from tests.fakes.service import ALICE, BOB, CAROL, Invited, Service
from tests.support.waiting import approve, turn_away, waiting


def guest_id(invited: Invited, guest_key: str = "ann") -> str:
    return guest_of(invited.invitation, guest_key).id


# Old client tokens.


@pytest.mark.parametrize("is_banned", [False, True])
def test_an_old_token_of_a_guest_who_was_sent_away_for_good_takes_no_seat(
    service: Service, *, is_banned: bool
) -> None:
    service.open(max_participants=1)
    invited = service.invite()
    token = service.come(invited.code).token.text
    if is_banned:
        service.ban(guest_id(invited))
    else:
        service.revoke(invited.invitation)
    service.clock.now += HOLD

    service.connect(token)

    assert service.connected() == set()
    assert service.room().seats.holds.keys() <= {guest_id(invited)}
    assert service.refusal(BOB) is None


def test_a_revoked_guest_who_was_in_gets_no_grace_again_and_again(service: Service) -> None:
    service.open(max_participants=2)
    invited = service.invite()
    token = service.come(invited.code).token.text
    service.connect(token)
    service.revoke(invited.invitation)
    service.deliver()
    service.enter(ALICE)
    for _ in range(5):
        service.connect(token)
        service.clock.forward(seconds=15)
    assert service.refusal(BOB) is None


def test_a_moderator_lets_somebody_in_though_a_revoked_guest_keeps_connecting(
    service: Service,
) -> None:
    service.open(waiting_room=True, max_participants=2)
    invited, other = (service.invite(skips_waiting_room=True) for _ in range(2))
    token = service.come(invited.code).token.text
    service.revoke(invited.invitation)
    service.clock.now += HOLD
    service.enter(ALICE)
    assert service.refusal(CAROL) == "must_wait"
    service.connect(token)
    approve(service, waiting(service)[0].id)
    assert service.refusal(CAROL) is None
    assert service.refusal_of_guest(other.code, "ben") == "room_full"


# A ban, where another key is no other guest.


def let_in(service: Service, invited: Invited) -> None:
    ask(service, invited)
    approve(service, waiting(service)[0].id)


def turned_away(service: Service, invited: Invited) -> None:
    ask(service, invited)
    turn_away(service, waiting(service)[0].id)
    service.clock.now += TURNED_AWAY_FOR


def gone(service: Service, invited: Invited) -> None:
    ask(service, invited)
    service.clock.now += FORGOTTEN_AFTER
    ask(service, service.invite(), "zoe")


@pytest.mark.parametrize("happens", [let_in, turned_away, gone])
@pytest.mark.parametrize(("max_uses", "refusal"), [(1, "invitation_invalid"), (2, "must_wait")])
def test_a_ban_ends_a_single_use_invitation_whatever_was_decided_about_its_guest(
    service: Service,
    happens: Callable[[Service, Invited], None],
    max_uses: int,
    refusal: str,
) -> None:
    service.open(waiting_room=True)
    invited = service.invite(max_uses=max_uses)
    happens(service, invited)
    service.ban(guest_id(invited))
    assert service.refusal_of_guest(invited.code, "eve") == refusal


def test_a_guest_whose_ban_is_lifted_may_come_back_by_the_invitation_that_they_used(
    service: Service,
) -> None:
    service.open(waiting_room=True)
    invited = service.invite(max_uses=1)
    let_in(service, invited)
    service.connect(service.come(invited.code).token.text)
    service.ban(guest_id(invited))
    (ban,) = service.use_cases.ban_users.bans(ALICE, "standup", service.deadline)
    service.use_cases.ban_users.lift(ALICE, "standup", ban.id, service.deadline)
    assert service.refusal_of_guest(invited.code) == "must_wait"


def test_a_list_with_many_guests_forgets_those_who_stopped_asking(service: Service) -> None:
    service.open(waiting_room=True)
    invited = service.invite(max_uses=MAX_REMEMBERED + 2)
    for number in range(MAX_REMEMBERED + 1):
        ask(service, invited, f"guest {number}")
    service.clock.now += FORGOTTEN_AFTER
    ask(service, invited)
    (record,) = service.table.waiting.values()
    left = MAX_REMEMBERED + 1 - MAX_FORGOTTEN_AT_ONCE
    assert len(record.waiting.users) == left + 1
    service.clock.now += REMEMBERED_FOR
    ask(service, invited, "zoe")
    (record,) = service.table.waiting.values()
    assert len(record.waiting.users) == left + 1 - MAX_FORGOTTEN_AT_ONCE + 1


# What a banned guest made.


def host_of(service: Service, own: Invited) -> User:
    service.connect(service.come(own.code, "host").token.text)
    request = GuestRequest(own.code, "host")
    return service.use_cases.join_by_invitation.identify(request, service.deadline)


def test_a_ban_of_a_guest_who_moderates_ends_what_they_made(service: Service) -> None:
    service.open(waiting_room=True)
    own = service.invite(role=Role.MODERATOR)
    host = host_of(service, own)
    skipping, waits, others = (
        service.invite(user=host, skips_waiting_room=True),
        service.invite(user=host),
        service.invite(skips_waiting_room=True),
    )
    service.connect(service.come(skipping.code, "ann").token.text)
    zoe = service.connect(service.come(others.code, "zoe").token.text)
    ask(service, waits, "ben")

    service.ban(host.id)
    service.deliver()

    assert waiting(service) == []
    for made in (skipping, waits):
        assert service.refusal_of_guest(made.code, "eve") == "invitation_invalid"
    assert service.connected() == {zoe}
    assert service.refusal_of_guest(own.code, "another host") is None


def test_a_guest_who_is_banned_while_they_invite_makes_no_invitation(service: Service) -> None:
    service.open()
    host = host_of(service, service.invite(role=Role.MODERATOR))
    service.table.faults.before_next("put_new", lambda: service.ban(host.id))
    with pytest.raises(Banned):
        service.invite(user=host)
    every = service.use_cases.invite_guests.invitations(ALICE, "standup", service.deadline)
    assert [each.created_by for each in every] == ["alice"]


def test_a_ban_of_a_member_looks_at_no_invitation(service: Service) -> None:
    service.open()
    service.ban(BOB.id)
    assert service.table.faults.calls["invitations_of_room"] == 0
    assert service.table.faults.calls["look"] == 0


# What moderators hear of it.


@pytest.mark.parametrize("is_banned", [False, True])
def test_moderators_hear_of_guests_who_were_removed_from_the_waiting_room(
    service: Service, *, is_banned: bool
) -> None:
    service.open(waiting_room=True)
    service.enter(ALICE)
    invited = service.invite()
    ask(service, invited)
    service.clock.now += SIGNAL_EVERY
    if is_banned:
        service.ban(guest_id(invited))
    else:
        service.revoke(invited.invitation)
    assert signalled(service) == ['{"waiting":1}', '{"waiting":0}']


def test_the_next_look_at_the_list_signals_what_came_too_soon(service: Service) -> None:
    service.open(waiting_room=True)
    service.enter(ALICE)
    invited = service.invite()
    for guest_key in ("ann", "ben"):
        ask(service, invited, guest_key)
    for each in waiting(service):
        approve(service, each.id)
    assert signalled(service) == ['{"waiting":1}']
    service.clock.now += SIGNAL_EVERY
    assert waiting(service) == []
    assert waiting(service) == []
    assert signalled(service) == ['{"waiting":1}', '{"waiting":0}']


def signalled(service: Service) -> list[str]:
    return [each.data for each in service.opentok.sessions[service.room().session_id].signals]
