"""Guests of a room with a waiting room: they wait like users, and take a use when they may join."""

import pytest

from chalicelib.core.model.user import Role
from chalicelib.errors import MustWait, TurnedAway
from tests.fakes.service import Invited, Service
from tests.support.waiting import approve, turn_away, waiting


def ask(service: Service, invited: Invited, guest_key: str = "ann") -> MustWait:
    """Ask for a token as a guest who has to wait."""
    with pytest.raises(MustWait) as wait:
        service.come(invited.code, guest_key, "Ann")
    return wait.value


def uses(service: Service, invited: Invited) -> int:
    return service.table.invitations[invited.invitation.id].invitation.uses


@pytest.mark.parametrize("limit", [None, 1])
def test_a_guest_waits_for_approval_and_takes_a_use_with_the_first_token(
    service: Service, limit: int | None
) -> None:
    service.open(waiting_room=True, max_participants=limit)
    invited = service.invite(max_uses=1)
    ask(service, invited)
    ask(service, invited)
    (mine,) = waiting(service)
    assert (mine.name, mine.is_guest, uses(service, invited)) == ("Ann", True, 0)

    approve(service, mine.id)
    connection = service.connect(service.come(invited.code).token.text)

    assert uses(service, invited) == 1
    assert connection in service.connected()
    assert service.refusal_of_guest(invited.code, "ben") == "invitation_invalid"


def test_a_guest_who_was_turned_away_takes_no_use(service: Service) -> None:
    service.open(waiting_room=True)
    invited = service.invite(max_uses=1)
    ask(service, invited)
    turn_away(service, waiting(service)[0].id)
    with pytest.raises(TurnedAway):
        service.come(invited.code)
    assert uses(service, invited) == 0


@pytest.mark.parametrize(("skips", "role"), [(True, Role.PUBLISHER), (False, Role.MODERATOR)])
def test_a_guest_whose_invitation_says_so_does_not_wait(
    service: Service, skips: bool, role: Role
) -> None:
    service.open(waiting_room=True)
    invited = service.invite(skips_waiting_room=skips, role=role)

    connection = service.connect(service.come(invited.code).token.text)

    assert connection in service.connected()
    assert uses(service, invited) == 1


def test_a_guest_who_waits_too_long_for_the_last_use_has_none(service: Service) -> None:
    service.open(waiting_room=True)
    invited = service.invite(max_uses=1)
    for guest_key in ("ann", "ben"):
        ask(service, invited, guest_key)
    for each in waiting(service):
        approve(service, each.id)
    assert service.refusal_of_guest(invited.code, "ann") is None
    assert service.refusal_of_guest(invited.code, "ben") == "invitation_invalid"


def test_a_revoked_invitation_ends_the_wait_of_its_guests(service: Service) -> None:
    service.open(waiting_room=True)
    invited = service.invite()
    ask(service, invited)
    service.revoke(invited.invitation)
    assert service.refusal_of_guest(invited.code) == "invitation_invalid"
