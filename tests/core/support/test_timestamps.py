from datetime import UTC, datetime, timedelta, timezone

import pytest

from chalicelib.core.support.timestamps import (
    epoch_milliseconds,
    from_epoch_milliseconds,
    rfc3339,
    to_milliseconds,
)


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
