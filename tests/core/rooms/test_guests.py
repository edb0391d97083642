"""Guests: an invitation lets them in once each, and under all rules of the room."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core.model.seats import GRACE, HOLD
from chalicelib.core.model.user import Role
from chalicelib.core.rooms.quotas import Quotas
from chalicelib.errors import ProviderUnavailable, RoomkeyError, StoreUnavailable
from tests.fakes.service import ALICE, BOB, CAROL, Invited, Service
from tests.support.noon import NOON

HOUR = timedelta(hours=1)
INVALID = "invitation_invalid"


def uses(service: Service, invited: Invited) -> int:
    return service.table.invitations[invited.invitation.id].invitation.uses


def guest_in(service: Service, token: str) -> dict[str, object]:
    """Return the connection data of a client token."""
    data: dict[str, object] = json.loads(service.opentok.specs[token].connection_data)
    return data


def id_of(service: Service, code: str, guest_key: str = "ann") -> str:
    return str(guest_in(service, service.come(code, guest_key).token.text)["userId"])


def enter(service: Service, code: str, guest_key: str = "ann") -> str:
    """Come as a guest, connect, and deliver the callbacks. Return the connection's id."""
    return service.connect(service.come(code, guest_key).token.text)


# Uses.


def test_a_guest_gets_what_a_member_gets_and_takes_one_use(service: Service) -> None:
    room = service.open()
    invited = service.invite(role=Role.SUBSCRIBER)

    joined = service.come(invited.code, name="Ann")

    assert (joined.room.room_id, joined.role, joined.connect_by) == (
        room.room_id,
        Role.SUBSCRIBER,
        None,
    )
    data = guest_in(service, joined.token.text)
    assert str(data.pop("userId")).startswith("guest:")
    assert data == {
        "name": "Ann",
        "role": "subscriber",
        "data": None,
        "invitation": invited.invitation.id,
    }
    assert uses(service, invited) == 1


@pytest.mark.parametrize("limit", [None, 2])
def test_the_same_key_is_the_same_guest_and_takes_nothing_more(
    service: Service, limit: int | None
) -> None:
    service.open(max_participants=limit)
    invited = service.invite(max_uses=1)

    ids = {id_of(service, invited.code) for _ in range(3)}

    assert len(ids) == 1
    assert uses(service, invited) == 1
    assert len(service.room().seats.connections) == (0 if limit is None else 1)
    assert service.refusal_of_guest(invited.code, "ben") == INVALID


def test_a_guest_is_the_same_by_another_invitation_and_another_in_another_room(
    service: Service,
) -> None:
    service.open()
    service.open("retro")
    first, second = service.invite(), service.invite()
    elsewhere = service.invite("retro")

    assert id_of(service, first.code) == id_of(service, second.code)
    assert id_of(service, first.code) != id_of(service, first.code, "ben")
    assert id_of(service, first.code) != id_of(service, elsewhere.code)


@pytest.mark.parametrize("limit", [None, 5])
@pytest.mark.parametrize("is_done", [True, False])
def test_a_lost_answer_costs_the_guest_nothing(
    service: Service, limit: int | None, is_done: bool
) -> None:
    service.open(max_participants=limit)
    invited = service.invite(max_uses=1)
    if is_done:
        service.table.faults.lose_answer("take_use")
    else:
        service.table.faults.fail_next("take_use")
    with pytest.raises(StoreUnavailable):
        service.come(invited.code)

    assert uses(service, invited) == is_done
    assert service.refusal_of_guest(invited.code) is None
    assert uses(service, invited) == 1


def test_a_crash_after_the_use_costs_the_guest_nothing(service: Service) -> None:
    service.open(max_participants=1)
    invited = service.invite(max_uses=1)
    service.opentok.faults.fail_next("sign_token")
    with pytest.raises(ProviderUnavailable):
        service.come(invited.code)

    assert (uses(service, invited), len(service.room().seats.connections)) == (1, 1)
    assert service.refusal_of_guest(invited.code) is None
    assert uses(service, invited) == 1


def test_the_same_guest_twice_at_once_takes_one_use(service: Service) -> None:
    service.open(max_participants=2)
    invited = service.invite(max_uses=1)
    service.table.faults.before_next("take_use", lambda: service.come(invited.code))

    service.come(invited.code)

    assert (uses(service, invited), len(service.room().seats.connections)) == (1, 1)


def test_the_last_use_taken_meanwhile_is_an_invalid_code(service: Service) -> None:
    service.open(max_participants=2)
    invited = service.invite(max_uses=1)
    service.table.faults.before_next("take_use", lambda: service.come(invited.code, "ben"))

    assert service.refusal_of_guest(invited.code) == INVALID
    assert (uses(service, invited), len(service.room().seats.connections)) == (1, 1)


def test_a_full_room_uses_nothing_up(service: Service) -> None:
    service.open(max_participants=1)
    invited = service.invite(max_uses=1)
    left = service.enter(BOB)

    assert service.refusal_of_guest(invited.code) == "room_full"
    assert uses(service, invited) == 0
    service.leave(left)
    service.clock.forward(seconds=GRACE.total_seconds() + 1)
    assert service.refusal_of_guest(invited.code) is None


def test_a_seat_taken_meanwhile_uses_nothing_up(service: Service) -> None:
    service.open(max_participants=1)
    invited = service.invite(max_uses=1)
    service.table.faults.before_next("take_use", lambda: service.join(BOB))

    assert service.refusal_of_guest(invited.code) == "room_full"
    assert uses(service, invited) == 0


def test_many_lapsed_seats_are_cleared_before_a_use_is_taken(service: Service) -> None:
    service.open(max_participants=60)
    for number in range(60):
        service.come(service.invite().code, f"early-{number}")
    service.clock.forward(seconds=HOLD.total_seconds() + 1)
    service.change({"max_participants": 1})
    invited = service.invite(max_uses=1)
    calls, claims = service.table.faults.calls, list[int]()
    before = calls["write_claim"]
    service.table.faults.before_next("take_use", lambda: claims.append(calls["write_claim"]))

    service.come(invited.code)

    assert claims == [before + 2]
    assert (uses(service, invited), len(service.room().seats.connections)) == (1, 1)


# Codes that lead nowhere.


def variations(code: str) -> list[str]:
    return ["", " ", code[:-1], code + "x", code.upper(), f" {code}", f"{code}\n", "x" * 60_000]


def test_every_code_that_is_not_good_is_answered_alike_by_two_reads(service: Service) -> None:
    service.open()
    service.open("gone")
    service.open("reused")
    used_up, revoked, expired = (service.invite(max_uses=1) for _ in range(3))
    of_deleted, of_reused = service.invite("gone"), service.invite("reused")
    service.come(used_up.code, "ben")
    service.revoke(revoked.invitation)
    expired = service.invite(expires_at=NOON + HOUR)
    service.clock.forward(hours=1)
    service.close("gone")
    service.close("reused")
    service.open("reused")
    bad = [used_up, revoked, expired, of_deleted, of_reused]
    answers = set()
    for code in [*(each.code for each in bad), *variations(used_up.code), "\ud800"]:
        before, calls = service.table.snapshot(), dict(service.table.faults.calls)
        with pytest.raises(RoomkeyError) as refused:
            service.come(code)
        made = service.table.faults.calls - type(service.table.faults.calls)(calls)
        answers.add((refused.value.code, str(refused.value), *sorted(made.items())))
        assert service.table.snapshot() == before
        assert refused.value.note is None
    assert [each[0] for each in answers] == [INVALID]
    ((*_, first, second),) = answers
    assert (first, second) == (("find", 1), ("look_up", 1))


def test_who_came_may_come_back_until_the_invitation_is_revoked(service: Service) -> None:
    service.open()
    invited = service.invite(max_uses=1)
    service.come(invited.code)
    service.clock.forward(days=6)
    assert service.refusal_of_guest(invited.code) is None

    service.revoke(invited.invitation)
    assert service.refusal_of_guest(invited.code) == INVALID


def test_who_came_may_come_back_until_the_invitation_expires(service: Service) -> None:
    service.open()
    invited = service.invite(expires_at=NOON + HOUR)
    token = service.come(invited.code)
    assert token.expires_at == NOON + HOUR

    service.clock.forward(hours=1)
    assert service.refusal_of_guest(invited.code) == INVALID


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("is_made_anew", [False, True])
def test_a_room_that_is_deleted_meanwhile_is_an_invalid_code(
    service: Service, *, waits: bool, is_made_anew: bool
) -> None:
    service.open(max_participants=3, waiting_room=waits)
    invited = service.invite()

    def close() -> None:
        service.close()
        if is_made_anew:
            service.open(max_participants=3)

    service.table.faults.before_next("look" if waits else "take_use", close)
    assert service.refusal_of_guest(invited.code) == INVALID
    assert uses(service, invited) == 0


def test_a_room_whose_hours_end_meanwhile_is_closed(service: Service) -> None:
    service.open(max_participants=3)
    invited = service.invite()
    service.table.faults.before_next(
        "take_use", lambda: service.change({"closes_at": service.clock()})
    )
    assert service.refusal_of_guest(invited.code) == "room_closed"
    before = service.table.faults.calls.copy()
    assert service.refusal_of_guest(invited.code) == "room_closed"
    assert service.table.faults.calls - before == {"look_up": 1, "find": 1}


def test_a_guest_is_let_into_no_room_that_got_the_name_meanwhile(service: Service) -> None:
    service.open(max_participants=2)
    invited = service.invite()

    def replace_room() -> None:
        service.close()
        service.open(max_participants=2)

    service.table.faults.before_next("take_use", replace_room)

    assert service.refusal_of_guest(invited.code) == INVALID
    assert uses(service, invited) == 0
    assert service.room().seats.connections == {}


# The rules of the room.

RULES: dict[str, Callable[[Service], object]] = {
    "room_closed": lambda service: service.change({"closes_at": NOON}),
    "room_not_open": lambda service: service.change({"opens_at": NOON + HOUR}),
    "room_locked": lambda service: service.change(locked=True),
    "room_full": lambda service: service.change({"max_participants": 1, "moderator_seats": 1}),
}


@pytest.mark.parametrize("code", RULES)
def test_a_rooms_rules_hold_for_guests_and_use_nothing_up(service: Service, code: str) -> None:
    service.open()
    invited = service.invite(max_uses=1)
    RULES[code](service)

    assert service.refusal_of_guest(invited.code) == code
    assert uses(service, invited) == 0


def test_a_lock_lets_a_guest_back_who_is_inside(service: Service) -> None:
    service.open()
    invited = service.invite()
    enter(service, invited.code)
    service.change(locked=True)

    assert service.refusal_of_guest(invited.code) is None
    assert service.refusal_of_guest(invited.code, "ben") == "room_locked"


def test_a_guest_may_enter_a_room_with_a_list_of_members(service: Service) -> None:
    service.open(members=frozenset({"carol"}))
    invited = service.invite()

    connection = enter(service, invited.code)

    assert connection in service.connected()
    assert service.refusal(BOB) == "not_a_member"


def test_a_ban_holds_for_the_guests_key_by_every_invitation(service: Service) -> None:
    service.open(max_participants=3)
    first, second = service.invite(), service.invite()
    user_id = id_of(service, first.code)
    connection = enter(service, first.code)

    service.ban(user_id)
    service.deliver()

    assert connection not in service.connected()
    assert service.room().seats.connections == {}
    assert service.refusal_of_guest(first.code) == "banned"
    assert service.refusal_of_guest(second.code) == "banned"
    assert uses(service, second) == 0
    assert service.refusal_of_guest(first.code, "ben") is None


def test_a_ban_holds_for_the_guests_key_in_a_room_that_is_made_anew(service: Service) -> None:
    service.open("Standup")
    service.ban(id_of(service, service.invite().code))
    service.close()
    service.open("standup")

    assert service.refusal_of_guest(service.invite().code) == "banned"


def test_a_ban_on_a_single_use_invitation_holds_for_the_invitation(service: Service) -> None:
    service.open()
    invited = service.invite(max_uses=1)
    service.ban(id_of(service, invited.code))

    assert service.refusal_of_guest(invited.code) == "banned"
    assert service.refusal_of_guest(invited.code, "a new key") == INVALID


def test_an_invitation_decides_the_role_whatever_the_rooms_default(service: Service) -> None:
    service.open(default_role=Role.SUBSCRIBER)
    assert service.come(service.invite(role=Role.PUBLISHER).code).role is Role.PUBLISHER
    assert service.come(service.invite().code).role is Role.SUBSCRIBER


def test_a_guest_of_role_moderator_moderates_the_room_until_the_invitation_ends(
    service: Service,
) -> None:
    service.open(max_participants=1, moderator_seats=1)
    invited = service.invite(role=Role.MODERATOR, expires_at=NOON + HOUR)
    service.change(locked=True)

    joined = service.come(invited.code)

    assert (joined.role, joined.expires_at) == (Role.MODERATOR, NOON + HOUR)
    assert service.connect(joined.token.text) in service.connected()


def test_a_guests_name_is_theirs_or_the_invitations(service: Service) -> None:
    service.open()
    invited = service.invite(name="Patient")
    names = [
        guest_in(service, service.come(invited.code, name=name).token.text)["name"]
        for name in (None, "Ann")
    ]
    assert names == ["Patient", "Ann"]


def test_guests_cannot_ask_for_tokens_without_end() -> None:
    service = Service(quotas=Quotas(tokens_per_minute=2))
    service.open()
    for role in (Role.PUBLISHER, Role.MODERATOR):
        invited = service.invite(role=role)
        key = role.value
        codes = [service.refusal_of_guest(invited.code, key) for _ in range(3)]
        assert codes == [None, None, "quota_exceeded"]


# Revocation.


@pytest.mark.parametrize("limit", [None, 5])
def test_revoking_sends_away_who_came_by_the_invitation_and_nobody_else(
    service: Service, limit: int | None
) -> None:
    service.open(max_participants=limit)
    invited, other = service.invite(), service.invite()
    gone = {enter(service, invited.code), enter(service, invited.code, "ben")}
    stay = {enter(service, other.code, "cleo"), service.enter(CAROL), service.enter(ALICE)}
    assert service.connected() == gone | stay

    service.revoke(invited.invitation)
    service.deliver()

    assert service.connected() == stay
    assert set(service.recorded()) == stay


@pytest.mark.parametrize("limit", [None, 5])
def test_who_holds_a_token_of_a_revoked_invitation_cannot_stay(
    service: Service, limit: int | None
) -> None:
    service.open(max_participants=limit)
    invited = service.invite()
    token = service.come(invited.code).token.text
    service.revoke(invited.invitation)

    connection = service.connect(token)

    assert connection not in service.connected()


@pytest.mark.parametrize("limit", [None, 5])
def test_who_arrives_while_the_invitation_is_revoked_cannot_stay(
    service: Service, limit: int | None
) -> None:
    service.open(max_participants=limit)
    invited = service.invite()
    token = service.come(invited.code).token.text
    method = "record_connection" if limit is None else "record_connection_and_seat"
    service.table.faults.before_next(method, lambda: service.revoke(invited.invitation))

    connection = service.connect(token)

    assert connection not in service.connected()


def test_reconciliation_sends_away_whom_a_revocation_could_not(service: Service) -> None:
    service.open()
    invited = service.invite()
    connection = enter(service, invited.code)
    service.opentok.faults.fail_next("disconnect")
    with pytest.raises(ProviderUnavailable):
        service.revoke(invited.invitation)
    assert connection in service.connected()

    service.clock.forward(minutes=2)
    service.reconcile()

    assert connection not in service.connected()


def test_a_repeated_revocation_sends_away_who_was_left(service: Service) -> None:
    service.open()
    invited = service.invite()
    connection = enter(service, invited.code)
    service.opentok.faults.fail_next("disconnect")
    with pytest.raises(ProviderUnavailable):
        service.revoke(invited.invitation)

    service.revoke(invited.invitation)

    assert connection not in service.connected()


def test_members_cost_no_look_at_invitations(service: Service) -> None:
    service.open()
    service.leave(service.enter(BOB))
    service.enter(BOB)
    service.clock.forward(minutes=2)
    service.reconcile()
    assert service.table.faults.calls["revoked"] == 0
    assert service.table.faults.calls["revoked_until"] == 0


def unreported(service: Service, code: str) -> str:
    """Connect as a guest whose callback is lost, and return the connection's id."""
    return service.connect_unreported(service.come(code).token.text)


def test_a_revoked_guest_whose_callback_was_lost_is_found(service: Service) -> None:
    service.open()
    invited, bob = service.invite(), service.enter(BOB)
    connection = unreported(service, invited.code)
    service.revoke(invited.invitation)
    assert service.connected() == {bob, connection}

    service.clock.forward(minutes=2)
    service.reconcile()

    assert service.connected() == {bob}


@pytest.mark.parametrize("makes_another", [False, True])
def test_a_revoked_guest_who_comes_late_by_an_old_token_is_found(
    service: Service, makes_another: bool
) -> None:
    service.open()
    invited, bob = service.invite(expires_at=NOON + timedelta(hours=1)), service.enter(BOB)
    token = service.come(invited.code).token.text
    service.revoke(invited.invitation)
    if makes_another:  # and forgets the one that was revoked
        service.invite(expires_at=NOON + timedelta(minutes=1))
    service.clock.forward(minutes=30)
    service.connect_unreported(token)
    service.clock.forward(minutes=2)
    service.reconcile()
    assert service.connected() == {bob}


def test_unknown_clients_stay_where_nobody_was_revoked_or_no_token_of_theirs_is_left(
    service: Service,
) -> None:
    service.open()
    service.invite()
    token = service.come(service.invite().code).token.text
    ended = service.invite(expires_at=NOON + timedelta(minutes=1))
    service.revoke(ended.invitation)
    service.clock.forward(minutes=1)
    service.connect_unreported(token)
    before = service.table.faults.calls.copy()
    for _ in range(3):
        service.clock.forward(minutes=2)
        service.reconcile()
    assert len(service.connected()) == 1
    assert (service.table.faults.calls - before)["revoked_until"] == 3
