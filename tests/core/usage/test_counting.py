"""Sums of usage against the truth at OpenTok, whatever becomes of callbacks."""

from datetime import datetime, timedelta
from random import Random

import pytest

from chalicelib.core.model.attendance import Attendance
from chalicelib.core.model.connection import Participant
from chalicelib.core.model.usage import SessionDay, Usage, day_of, measure
from chalicelib.core.model.user import User
from tests.fakes.opentok.clients import Event
from tests.fakes.service import ALICE, BOB, CAROL, Service
from tests.support.noon import NOON

MINUTE = 60_000
TODAY = day_of(NOON)
USERS = [ALICE, BOB, CAROL, User("dora")]


def used(service: Service, room: str = "standup") -> Usage:
    """Return the sums of a room over its month."""
    last = TODAY + timedelta(days=1)
    (found, _) = service.stores.usage.rooms(
        TODAY.replace(day=1), TODAY, None, 100, service.deadline
    )
    further, _ = service.stores.usage.rooms(last, last, None, 100, service.deadline)
    every = [each.usage for each in (*found, *further) if each.room == room]
    return sum(every, Usage())


def settle(service: Service, hours: int = 0) -> None:
    """Let time pass, with a check each minute at first, and then every ten."""
    for minutes in [1] * 20 + [10] * (hours * 6):
        service.clock.forward(minutes=minutes)
        service.reconcile()


def test_a_meeting_of_two_is_counted_soon_after_it_ends(service: Service) -> None:
    service.open()
    alice = service.enter(ALICE)
    service.clock.forward(minutes=5)
    bob = service.enter(BOB)
    service.clock.forward(minutes=10)
    service.leave(bob)
    service.leave(alice)
    settle(service)
    assert used(service) == Usage(
        participant=25 * MINUTE, subscribed=20 * MINUTE, connections=2, peak=2
    )
    days = [*service.stores.usage.iter_creator_days(TODAY, TODAY, service.deadline)]
    assert service.table.sessions[service.room().session_id].quiet_since is not None
    assert [(each.creator, each.usage) for each in days] == [("alice", used(service))]


def test_a_meeting_that_goes_on_is_counted_every_five_minutes(service: Service) -> None:
    service.open()
    service.enter(ALICE)
    for _ in range(60):
        service.clock.forward(seconds=30)
        service.reconcile()
    assert 24 * MINUTE <= used(service).participant <= 30 * MINUTE
    assert service.table.faults.calls["counted_days"] <= 8


_STEPS = (1, 20, 100, 400, 1500)
"""The seconds between two things that happen."""


class Meeting:
    """People who come and go at random, and the truth of when they did.

    Args:
        seed: Of what happens, and of what becomes of callbacks.
        loses: Whether callbacks may be lost.
        limit: The room's limit of participants.
    """

    def __init__(self, seed: int, *, loses: bool, limit: int | None) -> None:
        self.service = Service()
        self.service.clock.forward(hours=9)  # so that it goes on past midnight
        self.service.open(max_participants=limit)
        self.lost = set[str]()
        self._random = Random(seed)
        self._loses = loses
        self._late: list[Event] = []
        self._came: dict[str, datetime] = {}
        self._went: dict[str, datetime] = {}

    def happen(self) -> None:
        """Let time pass, and somebody come or go."""
        random, opentok = self._random, self.service.opentok
        self.service.clock.forward(seconds=random.choice(_STEPS))
        inside = sorted(self.service.connected())
        if inside and random.random() < len(inside) / 8:
            opentok.leave(random.choice(inside))
        else:
            self._connect(random.choice(USERS))
        self._report()
        if self._loses or random.random() < 0.3:
            self.service.reconcile()
        self._observe()

    def end(self) -> None:
        """Have everybody leave, let what is late come, and let checks do the rest."""
        for each in self.service.connected():
            self.service.opentok.leave(each)
        self._observe()
        self._report()
        settle(self.service)
        self._random.shuffle(self._late)
        self.service.opentok.events += self._late
        self.service.deliver()
        settle(self.service, hours=2)

    def truth(self) -> Usage:
        """Return what the meeting amounts to, as OpenTok knows."""
        lines = [
            Attendance(each, Participant("someone"), came, self._went[each])
            for each, came in self._came.items()
        ]
        now = self.service.clock()
        return sum((measure(lines, day, now) for day in (TODAY, day_of(now))), Usage())

    def _connect(self, user: User) -> None:
        if self.service.refusal(user) is None:
            token = self.service.join(user).token.text
            connection = self.service.opentok.connect(token)
            assert connection is not None
            self._came[connection] = self.service.clock()

    def _report(self) -> None:
        """Deliver callbacks at once, twice, hours late, or never."""
        events, self.service.opentok.events = self.service.opentok.events, []
        for event in events:
            assert isinstance(event, Event)
            fate = self._random.random()
            if fate < 0.3:
                self._late.append(event)
            elif fate < 0.5 and self._loses:
                self.lost.add(event.connection.id)
            else:
                self.service.opentok.events += [event] * self._random.choice((1, 1, 2))
        self._random.shuffle(self.service.opentok.events)
        self.service.deliver()

    def _observe(self) -> None:
        """Note who has gone, also if the service has disconnected them."""
        for each in self._came.keys() - self._went.keys() - self.service.connected():
            self._went[each] = self.service.clock()


@pytest.mark.parametrize("limit", [None, 3])
@pytest.mark.parametrize("seed", range(8))
def test_late_and_doubled_callbacks_count_exactly(seed: int, limit: int | None) -> None:
    meeting = Meeting(seed, loses=False, limit=limit)
    for _ in range(40):
        meeting.happen()
    meeting.end()
    assert used(meeting.service) == meeting.truth()


@pytest.mark.parametrize("seed", range(8))
def test_lost_callbacks_count_by_the_checks_that_missed_the_client(seed: int) -> None:
    meeting = Meeting(seed, loses=True, limit=None)
    for _ in range(40):
        meeting.happen()
    meeting.end()
    found, truth = used(meeting.service), meeting.truth()
    assert meeting.lost
    between_checks = (max(_STEPS) + 120) * 1000
    assert abs(found.participant - truth.participant) <= len(meeting.lost) * between_checks
    assert truth.connections - len(meeting.lost) <= found.connections <= truth.connections


def test_a_count_that_fails_is_made_up_for_by_the_next_one(service: Service) -> None:
    service.open()
    bob = service.enter(BOB)
    service.clock.forward(minutes=5)
    service.leave(bob)
    service.table.faults.lose_answer("count")
    service.table.faults.fail_next("counted_days")
    settle(service)
    assert used(service) == Usage(participant=5 * MINUTE, connections=1, peak=1)


def test_of_two_counts_at_once_one_is_dropped(service: Service) -> None:
    service.open()
    service.leave(service.enter(BOB))

    def another_counts() -> None:
        session = service.stores.sessions.session(service.room().session_id, service.deadline)
        assert session is not None
        other = SessionDay(Usage(connections=1))
        service.stores.usage.count(session, TODAY, SessionDay(), other, service.deadline)

    service.table.faults.before_next("count", another_counts)
    settle(service)
    assert used(service).connections == 1
