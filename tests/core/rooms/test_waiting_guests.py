"""Guests of a room with a waiting room: they wait like users, and take a use when they may join."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from chalicelib.core.model.invitation import guest_of
from chalicelib.core.model.user import Role
from chalicelib.core.model.waiting import FORGOTTEN_AFTER, RECORDED_EVERY, TURNED_AWAY_FOR
from chalicelib.core.rooms.invitations.join_by_invitation import GuestRequest
from chalicelib.core.rooms.quotas import MAX_USERS
from chalicelib.errors import MustWait, TurnedAway, WaitingUserNotFound
from tests.fakes.service import ALICE, FAR_AWAY, Invited, Service
from tests.support.waiting import approve, approve_all, disconnect, turn_away, waiting


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


def test_a_guest_whom_a_moderator_disconnected_skips_the_waiting_room_no_more(
    service: Service,
) -> None:
    service.open()
    invited = service.invite(skips_waiting_room=True)
    disconnect(service, service.connect(service.come(invited.code).token.text))
    service.change({"waiting_room": True})
    ask(service, invited)


def test_a_guest_who_was_turned_away_must_wait_though_an_invitation_lets_them_skip(
    service: Service,
) -> None:
    service.open(waiting_room=True)
    ask(service, service.invite())
    turn_away(service, waiting(service)[0].id)
    service.clock.now += TURNED_AWAY_FOR
    service.table.expire()
    ask(service, service.invite(skips_waiting_room=True))


@pytest.mark.parametrize("skips", [False, True])
@pytest.mark.parametrize("is_connected", [False, True])
def test_an_approval_ends_with_the_invitation_of_the_guest(
    service: Service, *, skips: bool, is_connected: bool
) -> None:
    service.open(waiting_room=True)
    first, second = service.invite(skips_waiting_room=skips), service.invite()
    if not skips:
        ask(service, first)
        approve(service, waiting(service)[0].id)
    token = service.come(first.code).token.text
    if is_connected:
        service.connect(token)
    service.revoke(first.invitation)
    service.deliver()
    ask(service, second)
    assert service.connected() == set()


def test_a_guest_who_was_sent_out_by_a_revocation_skips_nothing(service: Service) -> None:
    service.open(waiting_room=True)
    first, second = (service.invite(skips_waiting_room=True) for _ in range(2))
    service.connect(service.come(first.code).token.text)
    service.revoke(first.invitation)
    service.deliver()
    ask(service, second)


def test_an_old_token_needs_an_approval_for_its_own_invitation(service: Service) -> None:
    service.open()
    first, second = service.invite(skips_waiting_room=True), service.invite()
    old = service.come(second.code).token.text
    service.change({"waiting_room": True})
    service.come(first.code)
    service.connect(old)
    assert service.connected() == set()


def test_a_guest_who_skips_but_gets_no_token_was_not_approved(service: Service) -> None:
    service.open(waiting_room=True, max_participants=1)
    service.enter(ALICE)
    assert service.refusal_of_guest(service.invite(skips_waiting_room=True).code) == "room_full"
    assert service.table.decisions == {}


def test_a_ban_while_a_guest_skips_the_waiting_room_is_heeded(service: Service) -> None:
    service.open(waiting_room=True)
    invited = service.invite(skips_waiting_room=True)
    guest = guest_of(invited.invitation, "ann").id
    service.table.faults.before_next("decide", lambda: service.ban(guest))
    assert service.refusal_of_guest(invited.code) in {"banned", "must_wait"}
    assert not any(each.decision.approves for each in service.table.decisions.values())


def test_a_guest_who_asks_by_another_invitation_is_approved_for_that_one(
    service: Service,
) -> None:
    service.open(waiting_room=True)
    first, second = service.invite(), service.invite()
    ask(service, first)
    ask(service, second)
    (mine,) = waiting(service)
    approve(service, mine.id)
    service.revoke(first.invitation)
    service.connect(service.come(second.code).token.text)
    assert len(service.connected()) == 1


def test_a_guest_of_a_revoked_invitation_waits_no_more_and_is_not_admitted(
    service: Service,
) -> None:
    service.open(waiting_room=True)
    invited, other = service.invite(), service.invite()
    ask(service, invited)
    ask(service, other, "ben")
    mine = next(each for each in waiting(service) if each.invitation_id == invited.invitation.id)
    service.revoke(invited.invitation)
    assert [each.invitation_id for each in waiting(service)] == [other.invitation.id]
    with pytest.raises(WaitingUserNotFound):
        approve(service, mine.id)


def test_revoking_removes_those_who_wait_by_what_its_guests_made(service: Service) -> None:
    service.open(waiting_room=True)
    own = service.invite(role=Role.MODERATOR)
    service.come(own.code, "host")
    ask(service, service.invite(user=guest_of(own.invitation, "host")))
    service.revoke(own.invitation)
    assert waiting(service) == []


@pytest.mark.parametrize("limit", [None, 3])
def test_a_guest_who_begins_to_wait_during_the_revocation_gets_no_seat(
    service: Service, limit: int | None
) -> None:
    service.open(waiting_room=True, max_participants=limit)
    for admits_all in (False, True):
        invited = service.invite()
        service.table.faults.before_next("look", partial(service.revoke, invited.invitation))
        waiting_id = ask(service, invited).waiting_id
        if admits_all:
            assert approve_all(service) == ([], 0)
        else:
            with pytest.raises(WaitingUserNotFound):
                approve(service, waiting_id)
        assert waiting(service) == []
        assert service.room().seats.connections == {}


@pytest.mark.parametrize("limit", [1, 3])
def test_as_many_guests_of_an_invitation_wait_as_it_has_uses_left(
    service: Service, limit: int
) -> None:
    service.open()
    invited = service.invite(max_uses=limit + 1)
    service.come(invited.code, "zoe")
    service.change({"waiting_room": True})
    ask(service, invited, "zoe")  # needs no other use
    for number in range(limit):
        ask(service, invited, f"guest-{number}")
    assert service.refusal_of_guest(invited.code, "eve") == "waiting_room_full"
    ask(service, invited, "guest-0")
    ask(service, service.invite(max_uses=1), "eve")
    service.clock.now += FORGOTTEN_AFTER
    ask(service, invited, "fay")


def test_of_two_guests_who_begin_to_wait_at_once_for_one_use_one_goes_on_waiting(
    service: Service,
) -> None:
    service.open(waiting_room=True)
    invited = service.invite(max_uses=1)
    ask(service, service.invite(), "cleo")  # so that the list is there
    service.clock.forward(milliseconds=1)
    service.table.faults.before_next("record_waiting", lambda: ask(service, invited, "ben"))
    ask(service, invited, "ann")
    service.clock.now += RECORDED_EVERY
    answers = {service.refusal_of_guest(invited.code, each) for each in ("ann", "ben")}
    assert answers == {"must_wait", "waiting_room_full"}


def test_turning_a_guest_away_holds_for_their_single_use_invitation(service: Service) -> None:
    service.open(waiting_room=True)
    single, double = service.invite(max_uses=1), service.invite(max_uses=2)
    for again in ("", "-again"):  # a second decision holds as well
        for invited, key in ((single, "ann"), (double, "ben")):
            ask(service, invited, key + again)
            turn_away(service, waiting(service)[0].id)
        assert service.refusal_of_guest(single.code, "eve") == "turned_away"
        ask(service, double, "eve")
        service.clock.now += TURNED_AWAY_FOR
    ask(service, single, "eve")


@pytest.mark.parametrize(("max_uses", "refusal"), [(1, "invitation_invalid"), (2, "must_wait")])
def test_a_ban_of_a_guest_who_waits_ends_their_single_use_invitation(
    service: Service, max_uses: int, refusal: str
) -> None:
    service.open(waiting_room=True)
    invited = service.invite(max_uses=max_uses)
    ask(service, invited)
    service.ban(guest_of(invited.invitation, "ann").id)
    assert waiting(service) == []
    assert service.refusal_of_guest(invited.code, "eve") == refusal


def test_nobody_keeps_a_seat_for_a_guest_whose_invitation_has_expired(service: Service) -> None:
    service.open(waiting_room=True, max_participants=1)
    for admits_all in (False, True):
        invited = service.invite(expires_at=service.clock() + timedelta(seconds=5))
        waiting_id = ask(service, invited).waiting_id
        service.clock.forward(seconds=5)
        if admits_all:
            assert approve_all(service) == ([], 0)
        else:
            with pytest.raises(WaitingUserNotFound):
                approve(service, waiting_id)
    assert waiting(service) == []
    assert service.room().seats.connections == {}


def test_a_guest_who_waits_too_long_for_the_last_use_has_none(service: Service) -> None:
    service.open(waiting_room=True)
    invited = service.invite(max_uses=1)
    for guest_key in ("ann", "ben"):
        ask(service, invited, guest_key)
        approve(service, waiting(service)[0].id)
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


# What an instance remembers, and what is decided about one guest alone.


def test_an_instance_remembers_a_limited_number_of_waiting_guests(service: Service) -> None:
    service.open(waiting_room=True)
    invited = service.invite()
    kept_waiting = service.use_cases.join_by_invitation.kept_waiting
    kept_waiting |= {("another", str(number)): "guest:1" for number in range(MAX_USERS)}
    ask(service, invited)
    assert len(kept_waiting) == MAX_USERS
    assert ("another", "0") not in kept_waiting
    assert ("another", "1") in kept_waiting


def test_a_new_key_skips_nothing_after_another_one_of_a_single_use_link_was_turned_away(
    service: Service,
) -> None:
    service.open()
    single = service.invite(max_uses=1, skips_waiting_room=True)
    disconnect(service, service.connect(service.come(service.invite().code).token.text))
    service.change({"waiting_room": True})
    ask(service, single)  # since a moderator has just disconnected this guest
    turn_away(service, waiting(service)[0].id)
    assert service.refusal_of_guest(single.code, "eve") == "turned_away"


def test_turning_a_guest_away_holds_for_nobody_else_by_a_link_for_two(service: Service) -> None:
    service.open()
    invited = service.invite(max_uses=2)
    service.come(invited.code, "zoe")
    service.change({"waiting_room": True})
    ask(service, invited)
    turn_away(service, waiting(service)[0].id)
    ask(service, invited, "eve")


def test_a_guest_who_waits_is_known_to_the_log(service: Service) -> None:
    service.open(waiting_room=True)
    invited = service.invite()
    known: list[str] = []
    request = GuestRequest(invited.code, "ann")
    for _ in range(2):
        with pytest.raises(MustWait):
            service.use_cases.join_by_invitation.join(
                request,
                lambda guest, room: known.extend((guest.id, room.name)),
                service.deadline,
            )
        service.clock.forward(seconds=5)
    assert known == [guest_of(invited.invitation, "ann").id, "standup"] * 2
