import threading
from collections.abc import Callable

import pytest

from chalicelib.core.support.deadline import Deadline


class Seconds:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_remains_shrinks_with_time_and_is_never_negative() -> None:
    clock = Seconds()
    deadline = Deadline(8, clock)
    clock.now += 3
    assert deadline.remaining() == 5
    clock.now += 30
    assert deadline.remaining() == 0


def test_a_sooner_deadline_leaves_time_for_what_comes_after() -> None:
    clock = Seconds()
    assert Deadline(8, clock).reserve(2).remaining() == 6
    assert Deadline(1, clock).reserve(2).remaining() == 0


def test_a_call_in_time_gives_what_it_returns_or_raises() -> None:
    assert Deadline(5).run(lambda: "done") == "done"
    with pytest.raises(ZeroDivisionError):
        Deadline(5).run(lambda: 1 / 0)


def test_a_call_that_takes_too_long_is_given_up_on() -> None:
    release = threading.Event()
    try:
        with pytest.raises(TimeoutError):
            Deadline(0.05).run(lambda: release.wait(10))
    finally:
        release.set()


def test_a_call_is_made_in_a_thread_other_than_the_callers() -> None:
    assert Deadline(5).run(threading.get_ident) != threading.get_ident()


def test_a_call_that_hangs_keeps_no_other_one_waiting() -> None:
    release = threading.Event()
    try:
        with pytest.raises(TimeoutError):
            Deadline(0.05).run(lambda: release.wait(10))
        assert Deadline(5).run(lambda: "done") == "done"
    finally:
        release.set()


def test_each_pause_is_up_to_twice_the_one_before_and_none_outlasts_the_deadline() -> None:
    clock = Seconds()
    pauses: list[float] = []
    deadline = Deadline(8, clock, pauses.append)

    for attempt in (1, 2, 3):
        deadline.back_off(attempt)
    clock.now += 7.75
    deadline.back_off(20)
    clock.now += 8
    deadline.back_off(20)

    first, second, third, before_the_end, after_it = pauses
    assert 0.05 <= first <= 0.1 <= second <= 0.2 <= third <= 0.4
    assert (before_the_end, after_it) == (0.25, 0)


@pytest.mark.parametrize(
    "shorter", [lambda deadline: deadline.reserve(7), lambda deadline: deadline.capped(1)]
)
def test_a_shorter_deadline_pauses_as_the_one_it_is_of(
    shorter: Callable[[Deadline], Deadline],
) -> None:
    pauses: list[float] = []

    shorter(Deadline(8, Seconds(), pauses.append)).back_off(20)

    assert pauses == [1]
