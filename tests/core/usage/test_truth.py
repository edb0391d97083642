"""Sums of usage against the truth at OpenTok, whatever becomes of callbacks."""

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from random import Random
from typing import Final

import pytest

from chalicelib.core.model.attendance import Attendance
from chalicelib.core.model.connection import Participant
from chalicelib.core.model.usage import Usage, day_of, measure
from chalicelib.core.model.user import User
from chalicelib.core.ports.attendance import TimeSpan
from chalicelib.core.sessions.check_intervals import CHECK_EVERY
from chalicelib.core.sessions.reconcile_connections import UNKNOWN_AFTER
from tests.fakes.opentok.clients import Event
from tests.fakes.service import ALICE, BOB, CAROL, Service
from tests.support.noon import NOON
from tests.support.usage import settle, used

USERS: Final = [ALICE, BOB, CAROL, User("dora")]
RUN: Final = timedelta(minutes=1)
"""The time between two runs of the function that checks sessions."""
BETWEEN_CHECKS: Final = UNKNOWN_AFTER + CHECK_EVERY + RUN
"""The longest time for which a client may come or go unseen."""
MINUTE: Final = 60_000
_STEPS: Final = (1, 20, 100, 400, 1500)
"""The seconds between two things that happen."""
ARRIVALS: Final = {"connectionCreated", "streamCreated"}
ENDS: Final = {"connectionDestroyed", "streamDestroyed"}


class Meeting:
    """People who come and go at random, and the truth of when they did.

    Args:
        seed: Of what happens, and of what becomes of callbacks.
        loses: The names of the callbacks that may be lost.
        limit: The room's limit of participants.
        cameras: True if all publish from their arrival until they leave, otherwise at random.
    """

    def __init__(
        self,
        seed: int,
        *,
        loses: AbstractSet[str] = frozenset(),
        limit: int | None = None,
        cameras: bool = False,
    ) -> None:
        self.service = Service()
        self.service.clock.forward(hours=9)  # so that it goes on past midnight
        self.service.open(max_participants=limit)
        self.lost = set[str]()
        self._random = Random(seed)
        self._loses, self._cameras = loses, cameras
        self._late: list[Event] = []
        self._came: dict[str, datetime] = {}
        self._went: dict[str, datetime] = {}

    def happen(self) -> None:
        """Let time pass, with a check each minute, and somebody come, publish or go."""
        random, opentok = self._random, self.service.opentok
        self._wait(timedelta(seconds=random.choice(_STEPS)))
        inside = sorted(self.service.connected())
        streams = sorted(opentok.sessions[self.service.room().session_id].streams)
        chance = random.random()
        if inside and chance < len(inside) / 8:
            opentok.leave(random.choice(inside))
        elif inside and chance > 0.8 and not self._cameras:
            opentok.publish(random.choice(inside))
        elif streams and chance > 0.7 and not self._cameras:
            opentok.unpublish(random.choice(streams))
        else:
            self._connect(random.choice(USERS))
        self._report()
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
        days = (day_of(NOON), day_of(now))
        return sum((measure(lines, day, now) for day in days), Usage())

    def errors(self) -> list[timedelta]:
        """Return by how much the recorded time of each client differs from the truth."""
        session_id = self.service.room().session_id
        span = TimeSpan(NOON, self.service.clock())
        recorded = {
            each.connection_id: each.went - each.came
            for each in self.service.stores.attendance.iter_all(
                session_id, span, self.service.deadline
            )
            if each.went is not None
        }
        return [
            abs(recorded.get(each, timedelta()) - (self._went[each] - came))
            for each, came in self._came.items()
        ]

    def _wait(self, time: timedelta) -> None:
        while time > timedelta():
            step = min(time, RUN)
            self.service.clock.forward(seconds=step.total_seconds())
            time -= step
            if step == RUN:
                self.service.reconcile()
                self._observe()

    def _connect(self, user: User) -> None:
        if self.service.refusal(user) is None:
            token = self.service.join(user).token.text
            connection = self.service.opentok.connect(token)
            assert connection is not None
            self._came[connection] = self.service.clock()
            if self._cameras:
                self.service.opentok.publish(connection)

    def _report(self) -> None:
        """Deliver callbacks at once, twice, hours late, or never."""
        events, self.service.opentok.events = self.service.opentok.events, []
        for event in events:
            assert isinstance(event, Event)
            fate = self._random.random()
            if fate < 0.3:
                self._late.append(event)
            elif fate < 0.6 and event.name in self._loses:
                self.lost.add(event.connection.id)
            else:
                self.service.opentok.events += [event] * self._random.choice((1, 1, 2))
        self._random.shuffle(self.service.opentok.events)
        self.service.deliver()

    def _observe(self) -> None:
        """Note who has gone, also if the service has disconnected them."""
        for each in self._came.keys() - self._went.keys() - self.service.connected():
            self._went[each] = self.service.clock()


def held(meeting: Meeting) -> tuple[Usage, Usage]:
    """Hold the meeting. Return what was counted, and the truth."""
    for _ in range(30):
        meeting.happen()
    meeting.end()
    return used(meeting.service), meeting.truth()


@pytest.mark.parametrize("limit", [None, 3])
@pytest.mark.parametrize("seed", range(3))
def test_late_and_doubled_callbacks_count_exactly(seed: int, limit: int | None) -> None:
    counted, truth = held(Meeting(seed, limit=limit))
    assert counted == truth


@pytest.mark.parametrize("seed", range(3))
def test_lost_arrivals_and_streams_count_exactly_once_the_end_is_reported(seed: int) -> None:
    meeting = Meeting(seed, loses=ARRIVALS | {"streamDestroyed"})
    counted, truth = held(meeting)
    assert meeting.lost
    assert counted == truth


@pytest.mark.parametrize("seed", range(3))
def test_a_lost_end_counts_exactly_if_a_stream_ended_with_it(seed: int) -> None:
    meeting = Meeting(seed, loses={"connectionDestroyed"}, cameras=True)
    counted, truth = held(meeting)
    assert meeting.lost
    assert counted == truth


@pytest.mark.parametrize("limit", [None, 3])
@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_lost_each_client_counts_within_the_time_between_two_checks(
    seed: int, limit: int | None
) -> None:
    meeting = Meeting(seed, loses=ARRIVALS | ENDS, limit=limit)
    counted, truth = held(meeting)
    assert meeting.lost
    assert max(meeting.errors()) <= BETWEEN_CHECKS
    bound = len(meeting.lost) * BETWEEN_CHECKS / timedelta(milliseconds=1)
    assert abs(counted.participant - truth.participant) <= bound
    assert truth.connections - len(meeting.lost) <= counted.connections <= truth.connections


@pytest.mark.parametrize("is_deleted", [False, True])
@pytest.mark.parametrize("longest_token", [timedelta(hours=1), timedelta(days=1)])
@pytest.mark.parametrize("hours", [2, 6, 23])
def test_an_end_that_is_reported_hours_late_counts_exactly_though_nobody_comes_again(
    hours: int, longest_token: timedelta, is_deleted: bool
) -> None:
    service = Service(longest_token=longest_token)
    service.clock.forward(hours=11)
    service.open()
    alice, bob = service.enter(ALICE), service.enter(BOB)
    service.clock.forward(minutes=50)
    service.leave(alice)
    service.opentok.leave(bob)
    late, service.opentok.events = service.opentok.events, []
    if is_deleted:
        service.close()
    settle(service, hours=hours)
    service.opentok.events = late
    service.deliver()
    settle(service, hours=26 - hours)
    assert used(service) == Usage(
        participant=100 * MINUTE, subscribed=100 * MINUTE, connections=2, peak=2
    )


def test_an_arrival_reported_hours_late_whose_end_is_lost_does_not_count_for_hours() -> None:
    service = Service()
    service.open()
    service.opentok.connect(service.join(BOB).token.text)
    (late,), service.opentok.events = service.opentok.events, []
    assert isinstance(late, Event)
    service.clock.forward(seconds=30)
    service.leave_unreported(late.connection.id)
    settle(service, hours=3)
    service.opentok.events = [late]
    service.deliver()
    settle(service, hours=2)
    counted = used(service)
    assert counted.connections == 1
    assert counted.participant <= BETWEEN_CHECKS / timedelta(milliseconds=1)
