"""Guests come at once, in any order of their steps, while calls fail and processes end.

`tests/support/interleaving/scheduler.py` explains the steps. A seed decides which guest makes the
next one, and which call fails how. After every step no more uses are taken than the invitation has,
no more seats than the room has, and no guest has a seat without having taken a use.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from random import Random

import pytest

from chalicelib.core.model.invitation import Invitation, guest_of, hash_key
from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.user import User
from chalicelib.core.ports.invitation_store import FoundInvitation
from chalicelib.core.rooms.invitations.invitation_request import InvitationRequest
from chalicelib.core.rooms.invitations.join_by_invitation import GuestRequest
from chalicelib.core.rooms.join_request import JoinRequest
from chalicelib.errors import InvitationInvalid, RoomkeyError
from tests.fakes.memory.table import Table
from tests.support.at_once import all_at_once
from tests.support.interleaving.opentok import OpenTokModel
from tests.support.interleaving.scheduler import Fault, NoHurry, Task
from tests.support.interleaving.service import Service, build, build_on_fakes
from tests.support.stores.engines import Database, Engine, Memory
from tests.support.stores.example_rooms import LONGEST_TOKEN, NOON, soon

ALICE = User("alice")
GUESTS = ["ann", "ben", "cleo", "dan"]
MEMBERS = [User("bob"), User("eve")]
STEPS = 60
CALLERS = 50
SEEDS_ON_FAKES, SEEDS_ON_DYNAMODB = 40, 2
IP = "203.0.113.7"


@dataclass
class Crowd:
    """A room with one invitation, and guests and members who want into it.

    Args:
        cap, max_uses: The seats of the room and the uses of the invitation; at random without them.
    """

    database: Database
    random: Random
    cap: int | None = 0
    max_uses: int = 0
    tasks: list[Task] = field(default_factory=list)
    came: set[str] = field(default_factory=set)
    is_revoked: bool = False

    def __post_init__(self) -> None:
        opentok, random = OpenTokModel(self.clock), self.random
        self.service: Service = (
            build(self.database.client, opentok, self.clock)
            if isinstance(self.database, Engine)
            else build_on_fakes(self.database.stores, opentok, self.clock)
        )
        self.cases = self.service.use_cases
        if not self.max_uses:
            self.cap = random.choice([None, 1, 2, 3])
            self.max_uses = random.choice([1, 2, 3])
        settings = RoomSettings(max_participants=self.cap)
        room, _ = self.cases.create_room.put(
            ALICE, "standup", asked=settings, given=(), caller_ip=IP, deadline=NoHurry()
        )
        asked = InvitationRequest(max_uses=self.max_uses)
        self.invitation, self.code = self.cases.invite_guests.invite(
            ALICE, room.name, asked, NoHurry()
        )

    def clock(self) -> datetime:
        return NOON

    def begin(self) -> None:
        """Let somebody begin to come, or the moderator to revoke."""
        if self.random.random() < 0.03:
            self.is_revoked = True
            revoke = partial(
                self.cases.invite_guests.revoke, ALICE, "standup", self.invitation.id, NoHurry()
            )
            self.tasks.append(Task("revocation", revoke))
        elif self.random.random() < 0.2:
            member = self.random.choice(MEMBERS)
            join = partial(self.cases.join_room.join, member, "standup", JoinRequest(), NoHurry())
            self.tasks.append(Task(f"join of {member.id}", join))
        else:
            guest = self.random.choice(GUESTS)
            self.tasks.append(Task(f"join of {guest}", partial(self.come, guest)))

    def come(self, guest: str) -> None:
        request = GuestRequest(self.code, guest)
        self.cases.join_by_invitation.join(request, lambda *_: None, NoHurry())
        self.came.add(guest)

    def refusal(self, guest: str) -> str | None:
        try:
            self.come(guest)
        except RoomkeyError as refusal:
            return refusal.code
        return None

    def step(self) -> None:
        task = self.random.choice(self.tasks)
        fault = self.random.choice(list(Fault)) if self.random.random() < 0.2 else None
        task.step(fault)
        self.clear()

    def clear(self) -> None:
        self.tasks = [each for each in self.tasks if not each.is_done]

    def found(self, guest: str) -> FoundInvitation:
        store = self.database.stores.invitations
        return store.look_up(self.invitation.id, hash_key(guest), soon())

    def room(self) -> Room:
        room = self.database.stores.rooms.find("standup", soon())
        assert room is not None
        return room

    def check(self) -> None:
        """Check what must hold at every moment."""
        every = {guest: self.found(guest) for guest in GUESTS}
        have_come = {guest for guest, found in every.items() if found.has_come}
        (uses,) = {_known(found.invitation).uses for found in every.values()}
        assert uses == len(have_come) <= self.max_uses
        assert self.came <= have_come
        seated = set(self.room().seats.connections)
        assert len(seated) <= (self.cap or 0)
        admitted = {guest_of(self.invitation, guest).id for guest in have_come}
        assert {each for each in seated if each.startswith("guest:")} <= admitted


def _known(invitation: Invitation | None) -> Invitation:
    assert invitation is not None
    return invitation


def play(database: Database, seed: int) -> None:
    crowd = Crowd(database, Random(seed))
    for _ in range(STEPS):
        if not crowd.tasks or (len(crowd.tasks) < 5 and crowd.random.random() < 0.3):
            crowd.begin()
            crowd.clear()
        else:
            crowd.step()
            crowd.check()
    for task in crowd.tasks:
        task.finish()
    crowd.check()
    before = {guest: crowd.found(guest) for guest in GUESTS}
    answers = {guest: crowd.refusal(guest) for guest in GUESTS}
    crowd.check()
    if _known(before["ann"].invitation).revoked_at is not None:
        assert set(answers.values()) == {"invitation_invalid"}
        return
    for guest in GUESTS:
        if before[guest].has_come:
            # They come back for nothing. Their seat may have gone to nobody: no hold has ended.
            assert answers[guest] is None, guest
    used_up = _known(crowd.found("ann").invitation).is_used_up
    refused = {answer for answer in answers.values() if answer is not None}
    assert refused <= ({"invitation_invalid"} if used_up else {"room_full"})


def test_uses_and_seats_are_exact_in_any_order_of_steps_and_with_any_fault(
    database: Database,
) -> None:
    if isinstance(database, Memory):
        for seed in range(SEEDS_ON_FAKES):
            play(Memory(Table(lambda: NOON, LONGEST_TOKEN)), seed)
        return
    assert isinstance(database, Engine)
    for seed in range(SEEDS_ON_DYNAMODB):
        database.empty_table()
        play(database, seed)


def test_fifty_guests_at_once_get_as_many_tokens_as_there_are_uses_and_seats(
    database: Database,
) -> None:
    crowd = Crowd(database, Random(0), cap=20, max_uses=9)

    def come(number: int) -> str | None:
        request = GuestRequest(crowd.code, f"guest-{number}")
        try:
            crowd.cases.join_by_invitation.join(request, lambda *_: None, soon())
        except InvitationInvalid as refusal:
            return refusal.code
        return None

    answers = all_at_once([partial(come, number) for number in range(CALLERS)])

    assert Counter(answers) == {None: 9, "invitation_invalid": CALLERS - 9}
    assert len(crowd.room().seats.connections) == 9
    assert _known(crowd.found("ann").invitation).uses == 9


@pytest.mark.parametrize("fault", list(Fault), ids=repr)
@pytest.mark.parametrize("number", range(4))
def test_whatever_happens_to_one_call_costs_a_guest_no_second_use(
    fault: Fault, number: int
) -> None:
    crowd = Crowd(Memory(Table(lambda: NOON, LONGEST_TOKEN)), Random(number))
    task = Task("join of ann", partial(crowd.come, "ann"))
    for step in range(number + 1):
        if not task.is_done:
            task.step(fault if step == number else None)
            crowd.check()
    if not task.is_done:
        task.finish()

    assert crowd.refusal("ann") is None
    crowd.check()
    assert _known(crowd.found("ann").invitation).uses == 1
