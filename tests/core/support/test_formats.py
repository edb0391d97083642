"""Formats of times and of JSON: OpenTok's, the table's and the API's."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from chalicelib.core.support.formats import (
    epoch_milliseconds,
    from_epoch_milliseconds,
    parse_json_object,
    parse_timestamp,
    rfc3339,
    to_milliseconds,
)
from tests.support.noon import NOON

NOON_MS = epoch_milliseconds(NOON)


@pytest.mark.parametrize("reported", [NOON_MS - 60_000, str(NOON_MS - 60_000), NOON_MS - 60_000.0])
def test_a_time_is_a_number_or_a_string_of_milliseconds(reported: object) -> None:
    assert parse_timestamp(reported, NOON) == NOON - timedelta(minutes=1)


def test_a_clock_may_be_ahead_by_minutes_and_no_more() -> None:
    assert parse_timestamp(NOON_MS + 300_000, NOON) == NOON + timedelta(minutes=5)
    assert parse_timestamp(NOON_MS + 300_001, NOON) == NOON


@pytest.mark.parametrize(
    "reported",
    [NOON_MS // 1000, 0, -1, True, -62_135_596_800_000, 10**30, float("nan"), "soon", None],
)
def test_what_can_be_no_time_of_the_platforms_is_now(reported: object) -> None:
    assert parse_timestamp(reported, NOON) == NOON


def test_the_last_of_a_field_that_comes_twice_counts() -> None:
    assert parse_json_object(b'{"event":"a","event":"b"}') == {"event": "b"}


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31T12:00:00Z"),
        (datetime(2026, 1, 31, 12, 0, 0, 5000, tzinfo=UTC), "2026-01-31T12:00:00.005Z"),
        (
            datetime(2026, 1, 31, 1, tzinfo=timezone(timedelta(hours=2))),
            "2026-01-30T23:00:00Z",
        ),
    ],
)
def test_times_are_shown_in_utc_with_milliseconds_where_there_are_any(
    moment: datetime, text: str
) -> None:
    assert rfc3339(moment) == text


@pytest.mark.parametrize("year", [1, 1969, 1970, 2026, 9999])
def test_a_time_survives_the_table(year: int) -> None:
    moment = datetime(year, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
    assert from_epoch_milliseconds(epoch_milliseconds(moment)) == moment


def test_what_is_finer_than_a_millisecond_is_cut_off() -> None:
    moment = datetime(2026, 1, 1, 0, 0, 0, 123999, tzinfo=UTC)
    assert to_milliseconds(moment).microsecond == 123000
