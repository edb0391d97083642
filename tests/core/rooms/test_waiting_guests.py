"""Guests of a room with a waiting room: they wait like users, and take a use when they may join."""

from collections import Counter
from dataclasses import replace

import pytest

from chalicelib.core.model.user import Role
from chalicelib.errors import MustWait, TurnedAway
from tests.fakes.service import FAR_AWAY, Invited, Service
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


# What asking costs.


def costs(service: Service, invited: Invited, seconds: int) -> Counter[str]:
    """Return the calls of a guest who asks again every five seconds for so long."""
    before = service.table.faults.calls.copy()
    for _ in range(seconds // 5):
        service.clock.forward(seconds=5)
        ask(service, invited)
    return service.table.faults.calls - before


@pytest.mark.parametrize("limit", [None, 5])
def test_asking_again_is_one_read_and_a_write_at_most_every_ten_seconds(
    service: Service, limit: int | None
) -> None:
    service.open(waiting_room=True, max_participants=limit)
    invited = service.invite()
    ask(service, invited)
    assert costs(service, invited, 60) == {"look_up_waiting": 12, "record_waiting": 6}


def test_the_first_request_after_an_approval_is_one_read_and_one_write(service: Service) -> None:
    service.open(waiting_room=True, max_participants=5)
    invited = service.invite()
    ask(service, invited)
    approve(service, waiting(service)[0].id)
    service.clock.forward(seconds=5)
    before = service.table.faults.calls.copy()
    service.come(invited.code)
    assert service.table.faults.calls - before == {"look_up_waiting": 1, "take_use": 1}


def test_a_guest_who_asks_too_early_is_counted_like_any_other() -> None:
    hasty = Service(quotas=replace(FAR_AWAY, tokens_per_minute=10))
    hasty.open(waiting_room=True)
    invited = hasty.invite()
    for _ in range(10):
        ask(hasty, invited)
    assert hasty.refusal_of_guest(invited.code) == "quota_exceeded"


def test_a_guest_of_a_room_that_was_made_anew_has_no_invitation(service: Service) -> None:
    service.open(waiting_room=True)
    invited = service.invite()
    ask(service, invited)
    service.close()
    service.open(waiting_room=True)  # with another session
    service.clock.forward(seconds=5)
    assert service.refusal_of_guest(invited.code) == "invitation_invalid"


def test_a_revoked_code_of_a_guest_who_waits_costs_what_a_wrong_one_costs(
    service: Service,
) -> None:
    service.open(waiting_room=True)
    invited = service.invite()
    ask(service, invited)
    service.revoke(invited.invitation)
    service.clock.forward(seconds=5)
    numbers = set()
    for code in (invited.code, "code-9"):
        before = service.table.faults.calls.total()
        assert service.refusal_of_guest(code) == "invitation_invalid"
        numbers.add(service.table.faults.calls.total() - before)
    assert numbers == {2}


def test_another_instance_lets_the_guest_go_on_waiting(service: Service) -> None:
    service.open(waiting_room=True)
    invited = service.invite()
    first = ask(service, invited)
    service.use_cases = service.another_instance()
    service.clock.forward(seconds=5)
    assert ask(service, invited).waiting_id == first.waiting_id
    assert costs(service, invited, 20) == {"look_up_waiting": 4, "record_waiting": 2}
