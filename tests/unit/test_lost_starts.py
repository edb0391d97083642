"""Which of those that are listed is the one whose start's answer was lost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.core.media.lost_starts import Since, find_lost_start
from chalicelib.core.model.media import MediaKind
from chalicelib.core.model.media_report import MediaReport
from tests.support.example_rooms import MILLISECOND, NOON

SINCE = Since(NOON, {"b0"})
TWO_SECONDS = timedelta(seconds=2)


def a_report(**told: object) -> MediaReport:
    return MediaReport(MediaKind.BROADCAST, "b1", "session-1", "started", NOON, NOON, told)


def is_taken(report: MediaReport, **options: object) -> bool:
    return find_lost_start([report], options, SINCE) is report


@pytest.mark.parametrize(
    ("before", "taken"),
    [
        (-TWO_SECONDS, True),
        (timedelta(0), True),
        (TWO_SECONDS, True),
        (TWO_SECONDS + MILLISECOND, False),
        (timedelta(seconds=3), False),
    ],
)
def test_it_may_have_begun_two_seconds_before_it_was_asked_for_and_no_sooner(
    before: timedelta, *, taken: bool
) -> None:
    assert is_taken(replace(a_report(), created_at=NOON - before)) is taken


@pytest.mark.parametrize("status", ["stopped", "failed", "available"])
def test_one_that_has_ended_is_not_taken(status: str) -> None:
    assert not is_taken(replace(a_report(), status=status))


def test_one_that_was_running_before_is_not_taken_and_the_next_one_is() -> None:
    before, begun = replace(a_report(), id="b0"), a_report()
    assert find_lost_start([before, begun], {}, SINCE) is begun
    assert find_lost_start([before], {}, SINCE) is None


@pytest.mark.parametrize("name", ["name", "multiArchiveTag", "multiBroadcastTag", "url"])
def test_one_that_has_what_was_not_asked_for_is_not_taken(name: str) -> None:
    assert is_taken(a_report(**{name: "ours"}), **{name: "ours"})
    assert is_taken(a_report(**{name: ""}))
    assert not is_taken(a_report(**{name: "another's"}))
    assert not is_taken(a_report(**{name: "another's"}), **{name: "ours"})
    assert not is_taken(a_report(), **{name: "ours"})


def test_what_it_tells_of_its_options_must_be_what_was_asked_for() -> None:
    assert is_taken(a_report(), resolution="640x480")
    assert is_taken(a_report(resolution="640x480", hasAudio=True), resolution="640x480")
    assert not is_taken(a_report(resolution="1280x720"), resolution="640x480")
