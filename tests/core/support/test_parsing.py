"""Values as the platform tells them."""

from datetime import timedelta

import pytest

from chalicelib.core.support.parsing import parse_json_object, parse_timestamp
from chalicelib.core.support.timestamps import epoch_milliseconds
from tests.support.noon import NOON

NOON_MS = epoch_milliseconds(NOON)


@pytest.mark.parametrize("told", [NOON_MS - 60_000, str(NOON_MS - 60_000), NOON_MS - 60_000.0])
def test_a_time_is_told_in_milliseconds_as_a_number_or_a_string(told: object) -> None:
    assert parse_timestamp(told, NOON) == NOON - timedelta(minutes=1)


def test_a_clock_may_be_ahead_by_minutes_and_no_more() -> None:
    assert parse_timestamp(NOON_MS + 300_000, NOON) == NOON + timedelta(minutes=5)
    assert parse_timestamp(NOON_MS + 300_001, NOON) == NOON


@pytest.mark.parametrize(
    "told", [NOON_MS // 1000, 0, -1, True, -62_135_596_800_000, 10**30, float("nan"), "soon", None]
)
def test_what_can_be_no_time_of_the_platforms_is_now(told: object) -> None:
    assert parse_timestamp(told, NOON) == NOON


def test_the_last_of_what_is_told_twice_counts() -> None:
    assert parse_json_object(b'{"event":"a","event":"b"}') == {"event": "b"}
