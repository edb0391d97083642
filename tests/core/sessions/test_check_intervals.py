"""The times between checks of a session."""

from datetime import timedelta

from chalicelib.core.model.connection import Session
from chalicelib.core.sessions.check_intervals import (
    CHECK_EVERY,
    CHECK_LIMITED_EVERY,
    SECONDS_FOR_A_CHECK,
    last_check,
)
from tests.support.noon import NOON


def test_the_last_check_began_an_interval_before_the_next_one() -> None:
    usual = Session("1_a", "standup", "room-1", next_check=NOON)
    limited = Session("1_a", "standup", "room-1", next_check=NOON, has_access_limits=True)
    longest = timedelta(seconds=SECONDS_FOR_A_CHECK)
    assert last_check(usual) == NOON - CHECK_EVERY - longest
    assert last_check(limited) == NOON - CHECK_LIMITED_EVERY - longest


def test_a_session_that_is_not_checked_has_no_last_check() -> None:
    assert last_check(Session("1_a", "standup", "room-1")) is None
