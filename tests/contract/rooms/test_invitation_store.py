"""Invitations, their lists and their uses, as each invitation store keeps them, on each engine."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from chalicelib.core.model.invitation import Invitation, InvitationUse, hash_code, hash_key
from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.seats import SeatClaim
from chalicelib.core.model.user import Role
from chalicelib.core.model.waiting import Decision, Verdict, WaitingList, WaitingUser, waiting_id
from chalicelib.core.ports.invitation_store import (
    FoundInvitation,
    HasComeBefore,
    InvitationEnded,
    InvitationStore,
    RoomInvitations,
    StaleInvitations,
)
from chalicelib.core.ports.room_store import StaleRoom
from chalicelib.core.ports.waiting_store import WaitingEntry, WaitingLook
from tests.support.at_once import all_at_once
from tests.support.stores.engines import Database, Engine
from tests.support.stores.example_rooms import MILLISECOND, NOON, a_room, soon

DAY, KEPT = timedelta(days=1), timedelta(days=2)
CALLERS = 50
APPROVED = Decision(Verdict.APPROVED, NOON)
ANN, BEN = hash_key("ann"), hash_key("ben")


def an_invitation(code: str = "code", room_id: str = "room-1", **changed: object) -> Invitation:
    code_hash = hash_code(code)
    made = Invitation(
        id=code_hash[:24],
        code_hash=code_hash,
        room_name="standup",
        room_id=room_id,
        role=Role.PUBLISHER,
        created_at=NOON,
        created_by="alice",
        expires_at=NOON + timedelta(days=7) + MILLISECOND,
    )
    return replace(made, **changed)  # type: ignore[arg-type]


@pytest.fixture
def store(database: Database) -> InvitationStore:
    return database.stores.invitations


def added(store: InvitationStore, *invitations: Invitation) -> None:
    for each in invitations:
        store.put_new(each, store.of_room(each.room_id, soon()), (), soon())


def found(store: InvitationStore, invitation: Invitation, key: str = ANN) -> FoundInvitation:
    return store.look_up(invitation.id, key, soon())


def capped(database: Database, seats: int) -> Room:
    settings = RoomSettings(moderators=frozenset({"alice"}), max_participants=seats)
    return database.stores.rooms.create(a_room(settings=settings), None, soon())


def seats_of(database: Database) -> set[str]:
    room = database.stores.rooms.find("standup", soon())
    assert room is not None
    return set(room.seats.connections)


def claim_of(room: Room, user_id: str) -> SeatClaim | None:
    cap = room.settings.max_participants
    assert cap is not None
    return room.seats.claim_for_join(user_id, cap, NOON)


def waiting_ann(database: Database, room: Room) -> WaitingUser:
    """Return a guest who waits, and who is approved."""
    ann = WaitingUser(waiting_id(room.session_id, "guest:1"), "guest:1", None, NOON, NOON)
    waiting = database.stores.waiting
    waiting.record(room, WaitingList().recording(ann, NOON), soon())
    waiting.decide(room, ann.id, None, APPROVED, soon())
    return ann


def ids_of(invitations: list[Invitation]) -> list[str]:
    return [each.id for each in invitations]


# What is kept.


@pytest.mark.parametrize(
    "invitation",
    [
        an_invitation(),
        an_invitation(name="Ann ☕", max_uses=3, skips_waiting_room=True, role=Role.MODERATOR),
    ],
    ids=["least", "most"],
)
def test_an_invitation_is_found_as_it_was_added(
    store: InvitationStore, invitation: Invitation
) -> None:
    added(store, invitation)

    assert found(store, invitation) == FoundInvitation(invitation, has_come=False)
    assert store.of_room("room-1", soon()) == RoomInvitations(1, (invitation,))
    assert store.of_room("room-2", soon()) == RoomInvitations(0, ())


def test_an_unknown_invitation_is_not_found(store: InvitationStore) -> None:
    assert found(store, an_invitation()) == FoundInvitation(None, has_come=False)


def test_a_waiting_guest_finds_invitation_room_and_waiting_room(
    database: Database, store: InvitationStore
) -> None:
    room = database.stores.rooms.create(a_room(), None, soon())
    ann, invitation = waiting_ann(database, room), an_invitation(room_id=room.room_id)
    added(store, invitation)
    place = WaitingEntry(room.name.lower(), room.session_id, ann.id)
    seen = WaitingLook(room, WaitingList({ann.id: ann}, NOON, 1), APPROVED)

    def look_up(of: str, at: WaitingEntry) -> tuple[FoundInvitation, WaitingLook]:
        return store.look_up_waiting(of, ANN, at, soon())

    assert look_up(invitation.id, place) == (FoundInvitation(invitation, has_come=False), seen)
    store.take_use(InvitationUse(invitation, ANN), room, None, soon())
    come = FoundInvitation(replace(invitation, uses=1), has_come=True)
    assert look_up(invitation.id, place) == (come, seen)
    assert look_up("f" * 24, place) == (FoundInvitation(None, has_come=False), seen)
    reopened = replace(place, session_id="another")
    assert look_up(invitation.id, reopened) == (come, WaitingLook(room))
    nowhere = replace(place, room_name="nowhere")
    assert look_up(invitation.id, nowhere) == (come, WaitingLook(None))


def test_a_list_that_has_changed_takes_no_invitation(store: InvitationStore) -> None:
    before = store.of_room("room-1", soon())
    added(store, an_invitation("one"))
    with pytest.raises(StaleInvitations):
        store.put_new(an_invitation("two"), before, (), soon())

    assert found(store, an_invitation("two")).invitation is None
    assert len(store.of_room("room-1", soon()).invitations) == 1


def test_what_is_dropped_leaves_the_list_and_is_still_found(store: InvitationStore) -> None:
    one, two = an_invitation("one"), an_invitation("two")
    added(store, one)
    store.put_new(two, store.of_room("room-1", soon()), [one.id], soon())

    assert store.of_room("room-1", soon()) == RoomInvitations(2, (two,))
    assert found(store, one).invitation == one


def test_a_long_list_is_read_whole(store: InvitationStore) -> None:
    every = [an_invitation(f"code-{number}") for number in range(101)]
    for number, each in enumerate(every):
        # A list that was read a moment ago, so that it need not be read so often here.
        store.put_new(each, RoomInvitations(number, tuple(every[:number])), (), soon())

    listed = store.of_room("room-1", soon())

    assert listed.version == len(every)
    assert {each.id for each in listed.invitations} == {each.id for each in every}


def test_an_invitation_and_its_list_may_vanish_two_days_after_its_end(
    database: Database, store: InvitationStore
) -> None:
    invitation = an_invitation()
    later = an_invitation("later", expires_at=NOON + timedelta(days=9))
    added(store, later, invitation)
    end = (invitation.expires_at + KEPT).replace(microsecond=0)
    assert database.expiry(f"invitation#{invitation.id}") == end
    assert database.expiry("invitations#room-1") == later.expires_at + KEPT

    database.remove(f"invitation#{invitation.id}")
    assert store.of_room("room-1", soon()) == RoomInvitations(2, (later,))
    assert store.revoked([invitation.id, later.id], soon()) == {invitation.id}


# Revocation.


def test_a_revoked_invitation_is_revoked_once(store: InvitationStore) -> None:
    one, two = an_invitation("one"), an_invitation("two")
    added(store, one, two)
    for minutes in (1, 2):
        assert store.revoke(one.id, "room-1", NOON + timedelta(minutes=minutes), soon())

    revoked = replace(one, revoked_at=NOON + timedelta(minutes=1))
    assert found(store, one).invitation == revoked
    assert store.revoked([one.id, two.id, "unknown"], soon()) == {one.id, "unknown"}


def test_the_list_notes_the_last_end_of_what_was_revoked(
    database: Database, store: InvitationStore
) -> None:
    ends = [NOON + timedelta(days=days, milliseconds=5) for days in (2, 3, 1)]
    every = [an_invitation(str(end), expires_at=end) for end in ends]
    assert store.revoked_until("room-1", soon()) is None
    added(store, *every)
    assert store.revoked_until("room-1", soon()) is None

    for invitation, until in zip(every, (ends[0], ends[1], ends[1]), strict=True):
        store.revoke(invitation.id, "room-1", NOON, soon())
        assert store.revoked_until("room-1", soon()) == until
    listed = store.of_room("room-1", soon())
    assert listed.revoked_until == ends[1]
    late = NOON + timedelta(days=92)
    assert database.expiry("invitations#room-1") == late

    store.put_new(an_invitation("new", expires_at=NOON + DAY), listed, ids_of(every), soon())
    assert store.revoked_until("room-1", soon()) == ends[1]
    kept = ends[1].replace(microsecond=0) + KEPT
    assert database.expiry("invitations#room-1") == kept


def test_a_guest_adds_an_invitation_only_while_their_own_is_not_revoked(
    store: InvitationStore,
) -> None:
    own, made = an_invitation("own"), an_invitation("made", made_by=hash_code("own")[:24])
    with pytest.raises(InvitationEnded):
        added(store, made)
    added(store, own, made)
    assert found(store, made).invitation == made

    store.revoke(own.id, "room-1", NOON, soon())
    with pytest.raises(InvitationEnded):
        added(store, replace(an_invitation("late"), made_by=own.id))
    assert found(store, an_invitation("late")).invitation is None


def test_no_other_room_revokes_an_invitation(store: InvitationStore) -> None:
    invitation = an_invitation()
    added(store, invitation)

    assert not store.revoke(invitation.id, "room-2", NOON, soon())
    assert not store.revoke("unknown", "room-1", NOON, soon())
    assert found(store, invitation).invitation == invitation
    assert store.revoked(["unknown"], soon()) == {"unknown"}


# Uses.


def test_a_use_is_taken_once_for_each_guest(store: InvitationStore) -> None:
    invitation, room = an_invitation(max_uses=2), a_room()
    added(store, invitation)
    store.take_use(InvitationUse(invitation, ANN), room, None, soon())
    with pytest.raises(HasComeBefore):
        store.take_use(InvitationUse(invitation, ANN), room, None, soon())

    assert found(store, invitation) == FoundInvitation(replace(invitation, uses=1), has_come=True)
    assert not found(store, invitation, BEN).has_come


def test_a_used_up_or_revoked_invitation_lets_in_nobody_more(store: InvitationStore) -> None:
    used_up, revoked = an_invitation("one", max_uses=1), an_invitation("two")
    added(store, used_up, revoked)
    store.take_use(InvitationUse(used_up, ANN), a_room(), None, soon())
    store.revoke(revoked.id, "room-1", NOON, soon())
    for invitation in (used_up, revoked, an_invitation("unknown")):
        with pytest.raises(InvitationEnded):
            store.take_use(InvitationUse(invitation, BEN), a_room(), None, soon())

    with pytest.raises(HasComeBefore):
        store.take_use(InvitationUse(used_up, ANN), a_room(), None, soon())
    assert not found(store, revoked, BEN).has_come


def test_a_use_and_a_seat_are_taken_together_or_not_at_all(
    database: Database, store: InvitationStore
) -> None:
    room = capped(database, seats=1)
    invitation = an_invitation(room_id=room.room_id, max_uses=2)
    added(store, invitation)
    store.take_use(InvitationUse(invitation, ANN), room, claim_of(room, "guest:ann"), soon())
    with pytest.raises(StaleRoom) as stale:
        store.take_use(InvitationUse(invitation, BEN), room, claim_of(room, "guest:ben"), soon())
    assert stale.value.room is not None
    assert set(stale.value.room.seats.connections) == {"guest:ann"}
    with pytest.raises(HasComeBefore):
        store.take_use(InvitationUse(invitation, ANN), room, claim_of(room, "guest:cleo"), soon())

    assert seats_of(database) == {"guest:ann"}
    assert found(store, invitation, BEN) == FoundInvitation(
        replace(invitation, uses=1), has_come=False
    )


def test_a_used_up_invitation_takes_no_seat(database: Database, store: InvitationStore) -> None:
    room = capped(database, seats=5)
    invitation = an_invitation(room_id=room.room_id, max_uses=1, uses=1)
    added(store, invitation)
    with pytest.raises(InvitationEnded):
        store.take_use(InvitationUse(invitation, ANN), room, claim_of(room, "guest:ann"), soon())
    assert seats_of(database) == set()


def outcome(call: Callable[[], object]) -> str:
    try:
        call()
    except (HasComeBefore, InvitationEnded, StaleRoom) as refusal:
        return type(refusal).__name__
    return "taken"


@pytest.mark.parametrize(("max_uses", "seats"), [(7, None), (50, 7)])
def test_fifty_at_once_take_as_many_uses_and_seats_as_there_are(
    database: Database, store: InvitationStore, max_uses: int, seats: int | None
) -> None:
    room = a_room() if seats is None else capped(database, seats)
    invitation = an_invitation(room_id=room.room_id, max_uses=max_uses)
    added(store, invitation)

    def come(number: int) -> None:
        user_id = f"guest:{number}"
        claim = None if seats is None else claim_of(room, user_id)
        store.take_use(InvitationUse(invitation, hash_key(user_id)), room, claim, soon())

    calls = [partial(outcome, partial(come, number)) for number in range(CALLERS)]
    taken = Counter(all_at_once(calls))["taken"]

    after = found(store, invitation).invitation
    assert after is not None
    assert after.uses == taken == 7
    if seats is not None:
        assert len(seats_of(database)) == taken


def test_the_same_guest_many_times_at_once_takes_one_use(store: InvitationStore) -> None:
    invitation = an_invitation(max_uses=1)
    added(store, invitation)
    use = partial(store.take_use, InvitationUse(invitation, ANN), a_room(), None)

    outcomes = all_at_once([lambda: outcome(lambda: use(soon()))] * 10)

    assert Counter(outcomes) == {"taken": 1, "HasComeBefore": 9}


def test_neither_a_code_nor_a_guests_key_is_in_the_table(engine: Engine) -> None:
    store = engine.stores.invitations
    code, key = "secret-code-of-27-characters", "secret-key-of-the-guest"
    invitation = an_invitation(code)
    added(store, invitation)
    store.take_use(InvitationUse(invitation, hash_key(key)), a_room(), None, soon())

    everything = repr(engine.items())

    assert invitation.code_hash in everything
    assert code not in everything
    assert key not in everything
