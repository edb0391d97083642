"""Moderation: disconnects, mutes, signals and bans."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.model.room import MAX_BANS, MAX_BANS_BYTES
from chalicelib.core.model.user import User
from chalicelib.core.rooms.ban_users import BanUsers, ban_id_of
from chalicelib.core.sessions.moderate import Moderate
from chalicelib.errors import (
    Banned,
    BanNotFound,
    ConnectionNotFound,
    InvalidField,
    NobodyConnected,
    ProviderUnavailable,
    RoomkeyError,
    SignalTooLarge,
    StreamNotFound,
    TooManyBans,
)
from tests.fakes.opentok.clients import FakeSession, Signal
from tests.fakes.service import ALICE, BOB, CAROL, Service

MALLORY = User("mallory")


@pytest.fixture
def moderate(service: Service) -> Moderate:
    return service.use_cases.moderate


@pytest.fixture
def bans(service: Service) -> BanUsers:
    return service.use_cases.ban_users


def session(service: Service, name: str = "standup") -> FakeSession:
    return service.opentok.sessions[service.room(name).session_id]


ACTS: dict[str, Callable[[Service, User], object]] = {
    "disconnect": lambda service, user: service.use_cases.moderate.disconnect(
        user, "standup", "connection-1", service.deadline
    ),
    "mute a stream": lambda service, user: service.use_cases.moderate.mute_stream(
        user, "standup", "s1", service.deadline
    ),
    "mute all": lambda service, user: service.use_cases.moderate.mute_all(
        user, "standup", (), service.deadline, active=True
    ),
    "signal": lambda service, user: service.use_cases.moderate.signal(
        user, "standup", None, (None, "x"), service.deadline
    ),
    "ban": lambda service, user: service.ban("carol", user=user),
    "see bans": lambda service, user: service.use_cases.ban_users.bans(
        user, "standup", service.deadline
    ),
    "lift a ban": lambda service, user: service.use_cases.ban_users.lift(
        user, "standup", "abc", service.deadline
    ),
    "change": lambda service, user: service.change(user=user, locked=True),
    "delete": lambda service, user: service.close(user=user),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    ("user", "code"),
    [(BOB, "not_a_moderator"), (MALLORY, "room_not_found")],
    ids=["bob", "mallory"],
)
def test_only_moderators_moderate_and_others_learn_nothing_of_a_room_of_members(
    service: Service, act: str, user: User, code: str
) -> None:
    service.open(members=frozenset({"bob"}))
    bob = service.enter(BOB)
    before = service.table.snapshot()
    with pytest.raises(RoomkeyError) as refusal:
        ACTS[act](service, user)
    assert refusal.value.code == code
    assert service.table.snapshot() == before
    assert service.connected() == {bob}


def test_a_moderator_disconnects_one_and_nobody_else(service: Service, moderate: Moderate) -> None:
    service.open()
    bob, carol = service.enter(BOB), service.enter(CAROL)
    moderate.disconnect(ALICE, "standup", bob, service.deadline)
    service.deliver()
    assert service.connected() == {carol} == set(service.recorded())
    with pytest.raises(ConnectionNotFound):
        moderate.disconnect(ALICE, "standup", bob, service.deadline)


def test_what_is_of_another_room_is_not_found(service: Service, moderate: Moderate) -> None:
    for name in ("standup", "retro"):
        service.open(name)
    service.enter(CAROL)
    bob = service.enter(BOB, "retro")
    stream = service.opentok.publish(bob)
    deadline = service.deadline
    with pytest.raises(ConnectionNotFound):
        moderate.disconnect(ALICE, "standup", bob, deadline)
    with pytest.raises(ConnectionNotFound):
        moderate.signal(ALICE, "standup", bob, (None, "x"), deadline)
    for stream_id in (stream, "no-uuid", "../x"):
        with pytest.raises(StreamNotFound):
            moderate.mute_stream(ALICE, "standup", stream_id, deadline)
    assert service.connected("retro") == {bob}
    assert session(service, "retro").muted == set()
    moderate.mute_stream(ALICE, "retro", stream, deadline)
    assert session(service, "retro").muted == {stream}


def test_what_is_for_all_needs_somebody(service: Service, moderate: Moderate) -> None:
    service.open()
    with pytest.raises(NobodyConnected):
        moderate.mute_all(ALICE, "standup", (), service.deadline, active=True)
    with pytest.raises(NobodyConnected):
        moderate.signal(ALICE, "standup", None, (None, "x"), service.deadline)


@pytest.mark.parametrize(
    ("kind", "data", "refusal"),
    [
        ("t" * 128, "d" * 8192, None),
        (None, "", None),
        ("Roomkey-x", "", None),
        ("t" * 129, "", SignalTooLarge),
        ("ж" * 65, "", SignalTooLarge),
        (None, "d" * 8193, SignalTooLarge),
        ("roomkey-closing", "{}", InvalidField),
        ("roomkey-", "{}", InvalidField),
    ],
)
def test_signals_are_of_opentoks_size_and_never_in_the_services_own_name(
    service: Service,
    moderate: Moderate,
    kind: str | None,
    data: str,
    refusal: type[RoomkeyError] | None,
) -> None:
    service.open()
    service.enter(BOB)
    if refusal is None:
        moderate.signal(ALICE, "standup", None, (kind, data), service.deadline)
        assert session(service).signals == [Signal(kind, data, None)]
        return
    with pytest.raises(refusal):
        moderate.signal(ALICE, "standup", None, (kind, data), service.deadline)
    assert service.opentok.faults.calls["signal"] == 0


@pytest.mark.parametrize("cap", [None, 2], ids=["uncapped", "capped"])
def test_a_ban_puts_a_user_out_on_all_devices_and_again_until_it_is_lifted(
    service: Service, bans: BanUsers, cap: int | None
) -> None:
    service.open(max_participants=cap)
    old = service.join(BOB).token.text
    carol = service.enter(CAROL)
    for _ in range(2):
        service.connect(old)
    ban = bans.ban(ALICE, "standup", "bob", service.deadline)
    service.deliver()
    assert service.connected() == {carol}
    service.connect(old)
    assert service.connected() == {carol}
    assert bans.ban(ALICE, "standup", "bob", service.deadline) == ban
    assert bans.bans(ALICE, "standup", service.deadline) == [ban]
    bans.lift(ALICE, "standup", ban.id, service.deadline)
    with pytest.raises(BanNotFound):
        bans.lift(ALICE, "standup", ban.id, service.deadline)
    back = service.connect(old)
    assert service.connected() == {carol, back}


def test_a_ban_puts_out_all_devices_it_can_though_one_of_them_fails(service: Service) -> None:
    service.open()
    for _ in range(3):
        service.enter(BOB)
    service.opentok.faults.fail_next("disconnect")
    with pytest.raises(ProviderUnavailable):
        service.ban("bob")
    assert len(service.connected()) == 1
    assert service.refusal(BOB) == "banned"


def test_who_moderates_a_room_is_not_banned_nor_who_is_banned_made_a_moderator(
    service: Service,
) -> None:
    service.open()
    with pytest.raises(InvalidField) as refusal:
        service.ban("alice")
    assert [each.field for each in refusal.value.fields] == ["userId"]
    service.ban("bob")
    with pytest.raises(InvalidField) as refusal:
        service.change({"moderators": frozenset({"alice", "bob"})})
    assert [each.field for each in refusal.value.fields] == ["moderators"]
    service.close()
    with pytest.raises(InvalidField):
        service.open(moderators=frozenset({"bob"}))


@pytest.mark.parametrize("settings", [{}, {"max_participants": 5}], ids=["same", "other"])
def test_who_is_banned_does_not_read_the_room_by_putting_it_again(
    service: Service, settings: dict[str, Any]
) -> None:
    service.open()
    service.ban("bob")
    with pytest.raises(Banned):
        service.open(user=BOB, **settings)


def test_a_room_has_a_limit_of_bans(service: Service) -> None:
    service.open()
    for number in range(MAX_BANS):
        service.ban(f"user-{number}")
    service.ban("user-0")
    with pytest.raises(TooManyBans):
        service.ban("bob")


def test_bans_are_limited_in_bytes_and_can_be_lifted_at_the_limit(service: Service) -> None:
    service.open()
    ids = [f"{number:04}" + "\u20ac" * 251 for number in range(MAX_BANS_BYTES // (4 + 3 * 251))]
    for each in ids:
        service.ban(each)
    another = "x" * 255 + "\u20ac" * 167
    with pytest.raises(TooManyBans):
        service.ban(another)
    service.ban(ids[0])
    service.use_cases.ban_users.lift(ALICE, "standup", ban_id_of(ids[0]), service.deadline)
    service.ban(another)
    service.close()
