"""Guests who are invited as moderators: what they may do, and where it ends."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.core.model.invitation import guest_of
from chalicelib.core.model.user import Role, User
from chalicelib.core.rooms.invitations.join_by_invitation import GuestRequest
from chalicelib.core.rooms.room_patch import SetPatch
from chalicelib.errors import (
    Banned,
    InvalidField,
    InvitationNotFound,
    NotAModerator,
    RoleNotAllowed,
    RoomNotFound,
    Unauthenticated,
)
from tests.fakes.service import ALICE, BOB, Invited, Service
from tests.support.noon import NOON

DAY = timedelta(days=1)


def identify(service: Service, code: str, guest_key: str = "ann") -> User:
    use_case = service.use_cases.join_by_invitation
    return use_case.identify(GuestRequest(code, guest_key), service.deadline)


def host_in(service: Service, expires_at: datetime | None = None) -> tuple[User, Invited]:
    """Return a guest who has come as a moderator of standup."""
    invited = service.invite(role=Role.MODERATOR, expires_at=expires_at)
    service.connect(service.come(invited.code).token.text)
    return identify(service, invited.code), invited


def test_a_guest_who_is_invited_as_a_moderator_moderates_the_room(service: Service) -> None:
    service.open(waiting_room=True)
    host, _ = host_in(service)
    assert service.refusal(BOB) == "must_wait"
    waiting = service.use_cases.moderate_waiting
    (bob,) = waiting.waiting(host, "standup", service.deadline)

    waiting.approve(host, "standup", bob.id, service.deadline)
    service.join(BOB)
    service.change(user=host, locked=True)
    service.change({"max_participants": 5, "waiting_room": False}, user=host)

    assert service.room().locked
    assert service.room().settings.max_participants == 5


@pytest.mark.parametrize("role", [Role.SUBSCRIBER, Role.PUBLISHER, Role.PUBLISHER_ONLY])
def test_other_guests_may_do_nothing_besides_joining(service: Service, role: Role) -> None:
    service.open()
    invited = service.invite(role=role)
    service.come(invited.code)

    with pytest.raises(Unauthenticated):
        identify(service, invited.code)


def test_a_code_alone_is_not_enough_for_who_has_not_come(service: Service) -> None:
    service.open()
    invited = service.invite(role=Role.MODERATOR, max_uses=1)
    service.come(invited.code, "ann")

    for code, key in ((invited.code, "eve"), ("code-9", "ann"), ("", "")):
        with pytest.raises(Unauthenticated):
            identify(service, code, key)


def test_every_refused_proof_costs_the_same_read(service: Service) -> None:
    service.open()
    invited = service.invite(role=Role.MODERATOR)
    service.come(invited.code)
    service.revoke(invited.invitation)

    costs = set()
    for code, key in ((invited.code, "ann"), (invited.code, "eve"), ("code-9", "ann")):
        before = service.table.faults.calls.total()
        with pytest.raises(Unauthenticated):
            identify(service, code, key)
        costs.add(service.table.faults.calls.total() - before)
    assert costs == {1}


def test_the_invitation_counts_in_its_own_room_alone(service: Service) -> None:
    service.open()
    service.open("other")
    host, _ = host_in(service)

    with pytest.raises(RoomNotFound):
        service.change(name="other", user=host, locked=True)
    service.close()
    service.clock.forward(days=400)
    service.open(user=BOB)  # another room with the name of the old one
    with pytest.raises(RoomNotFound):
        service.change(user=host, locked=True)


def test_a_revoked_or_expired_invitation_ends_what_the_guest_may_do(service: Service) -> None:
    service.open()
    _, revoked = host_in(service)
    service.revoke(revoked.invitation)
    with pytest.raises(Unauthenticated):
        identify(service, revoked.code)

    _, expiring = host_in(service, expires_at=NOON + DAY)
    service.clock.forward(days=1)
    with pytest.raises(Unauthenticated):
        identify(service, expiring.code)


def test_a_banned_guest_may_not_lift_the_ban(service: Service) -> None:
    service.open()
    host, _ = host_in(service)
    service.ban(host.id)

    with pytest.raises(Banned):
        service.change(user=host, locked=True)


def test_a_guest_may_not_decide_who_moderates_or_when_the_room_ends(service: Service) -> None:
    service.open()
    host, _ = host_in(service)

    with pytest.raises(NotAModerator):
        service.change(user=host, moderators=SetPatch(add=frozenset({"eve"})))
    with pytest.raises(NotAModerator):
        service.change(user=host, members=SetPatch(add=frozenset({"eve"})))
    with pytest.raises(NotAModerator):
        service.change({"closes_at": NOON + DAY}, user=host)


def test_what_a_guest_invites_has_less_power_and_ends_no_later(service: Service) -> None:
    service.open()
    host, _ = host_in(service, expires_at=NOON + DAY)

    assert service.invite(user=host).invitation.expires_at == NOON + DAY
    with pytest.raises(RoleNotAllowed):
        service.invite(user=host, role=Role.MODERATOR)
    with pytest.raises(InvalidField):
        service.invite(user=host, expires_at=NOON + DAY + timedelta(seconds=1))


def test_a_guest_may_not_revoke_another_moderators_invitation(service: Service) -> None:
    service.open()
    host, own = host_in(service)
    other, mere = service.invite(role=Role.MODERATOR), service.invite()

    for invited in (own, other):
        with pytest.raises(RoleNotAllowed):
            service.revoke(invited.invitation, user=host)
    service.open("retro")
    elsewhere = service.invite("retro", role=Role.MODERATOR)
    looks = service.table.faults.calls["look_up"]
    for unknown in (elsewhere.invitation.id, "x", "ü" * 24):
        with pytest.raises(InvitationNotFound):
            service.use_cases.invite_guests.revoke(host, "standup", unknown, service.deadline)
    assert service.table.faults.calls["look_up"] == looks + 1
    service.revoke(mere.invitation, user=host)
    assert service.refusal_of_guest(other.code) is None
    assert service.refusal_of_guest(mere.code) == "invitation_invalid"


def test_revoking_a_moderators_invitation_ends_what_its_guests_made(service: Service) -> None:
    service.open()
    host, own = host_in(service)
    made, other = service.invite(user=host), service.invite()
    gone = service.connect(service.come(made.code, "ben").token.text)
    stays = service.connect(service.come(other.code, "cleo").token.text)

    service.revoke(own.invitation)
    service.deliver()

    assert service.connected() == {stays}
    assert gone not in service.connected()
    assert service.refusal_of_guest(made.code, "ben") == "invitation_invalid"
    assert service.refusal_of_guest(other.code, "cleo") is None


@pytest.mark.parametrize("change", [{"locked": True}, {"settings": {"waiting_room": True}}])
@pytest.mark.parametrize("is_connected", [False, True])
def test_a_guest_whose_moderators_invitation_is_revoked_is_no_moderator_by_an_old_token(
    service: Service, change: dict[str, Any], *, is_connected: bool
) -> None:
    service.open()
    mere, own = service.invite(), service.invite(role=Role.MODERATOR)
    old = service.come(mere.code).token.text
    service.change(**change)
    token = service.come(own.code).token.text
    if is_connected:
        service.connect(token)
    service.revoke(own.invitation)
    service.deliver()
    service.clock.forward(seconds=90)  # so the guest no longer counts as one who is inside
    service.connect(old)
    assert service.connected() == set()
    guest = guest_of(own.invitation, "ann").id
    assert service.room().connects_as_moderator(guest, service.clock()) is not is_connected


def test_a_guest_makes_no_invitation_while_their_own_is_revoked(service: Service) -> None:
    service.open()
    host, own = host_in(service)
    service.table.faults.before_next("put_new", lambda: service.revoke(own.invitation))
    with pytest.raises(Unauthenticated):
        service.invite(user=host)
    assert service.use_cases.invite_guests.invitations(ALICE, "standup", service.deadline) == []
