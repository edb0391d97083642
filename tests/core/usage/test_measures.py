"""The usage that connections add up to on a day."""

from datetime import date, timedelta

import pytest

from chalicelib.core.model.attendance import Attendance
from chalicelib.core.model.connection import Participant, Service
from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.model.usage import MediaTime, SessionDay, Usage, day_of, measure, start_of
from tests.support.noon import NOON

DAY = day_of(NOON)
MINUTE = 60_000
FIVE_PAST = int((NOON + timedelta(minutes=5)).timestamp() * 1000)
THREE_PAST = FIVE_PAST - 2 * MINUTE
EVENING = NOON + timedelta(hours=11)


def line(start: float, end: float | None, service: Service | None = None) -> Attendance:
    """Return a connection from so many to so many minutes after noon."""
    went = None if end is None else NOON + timedelta(minutes=end)
    who = Participant(None if service else "bob", service=service)
    return Attendance("c", who, NOON + timedelta(minutes=start), went)


@pytest.mark.parametrize(
    ("lines", "participant", "subscribed", "peak"),
    [
        ([], 0, 0, 0),
        ([line(0, 10)], 10, 0, 1),
        ([line(0, 10), line(10, 20)], 20, 0, 1),
        ([line(0, 10), line(5, 20)], 25, 10, 2),
        ([line(0, 10), line(0, 10), line(0, 10)], 30, 30, 3),
        ([line(0, 10), line(2, 4), line(6, 8)], 14, 8, 2),
        ([line(0, 10), line(5, 5)], 10, 0, 1),
        ([line(0, 10), line(0, 10, Service.SIP)], 10, 10, 1),
        ([line(0, 10), line(0, 10, Service.CAPTIONS)], 10, 0, 1),
        ([line(0, 10), line(0, 10, Service.RENDER)], 10, 0, 1),
    ],
)
def test_who_is_alone_counts_as_a_participant_and_not_as_subscribed(
    lines: list[Attendance], participant: int, subscribed: int, peak: int
) -> None:
    used = measure(lines, DAY, EVENING)
    assert (used.participant, used.subscribed) == (participant * MINUTE, subscribed * MINUTE)
    assert used.peak == peak


def test_of_services_connections_those_of_telephones_count_by_themselves() -> None:
    lines = [line(0, number, service) for number, service in enumerate(Service, 1)]
    used = measure(lines, DAY, EVENING)
    assert used == Usage(sip=MINUTE)


def test_open_connections_count_until_now_and_each_day_has_its_part() -> None:
    lines = [line(0, None), line(10 * 60, 14 * 60)]
    today, tomorrow = DAY, DAY + timedelta(days=1)
    morning = start_of(tomorrow) + timedelta(hours=3)
    assert measure(lines, today, NOON + timedelta(minutes=5)).participant == 5 * MINUTE
    assert measure(lines, today, morning) == Usage(
        participant=14 * 60 * MINUTE, subscribed=4 * 60 * MINUTE, connections=2, peak=2
    )
    assert measure(lines, tomorrow, morning) == Usage(
        participant=5 * 60 * MINUTE, subscribed=4 * 60 * MINUTE, peak=2
    )


def test_sums_add_up_and_peaks_do_not() -> None:
    first, second = Usage(participant=2, peak=3, sip=1), Usage(participant=5, peak=2)
    assert first + second == Usage(participant=7, peak=3, sip=1)
    assert (first + second).growth_from(first) == {"participant": 5}


def media(status: str, content: dict[str, object], kind: MediaKind = MediaKind.ARCHIVE) -> Media:
    ended = NOON + timedelta(minutes=4)
    return Media(kind, "m", "room", "session", status, NOON, ended, content)


@pytest.mark.parametrize(
    ("item", "used"),
    [
        (media("started", {"duration": 9}), None),
        (media("paused", {"duration": 9}), None),
        (media("stopped", {"duration": 90}), MediaTime("composed", 90_000)),
        (media("stopped", {"duration": 0}), MediaTime("composed", 4 * MINUTE)),
        (
            media("available", {"duration": 90, "outputMode": "individual"}),
            MediaTime("individual", 90_000),
        ),
        (media("available", {"duration": 0}), None),
        (
            media("available", {"duration": 0, "stoppedAt": THREE_PAST}),
            MediaTime("composed", 3 * MINUTE),
        ),
        (media("uploaded", {"duration": 9, "stoppedAt": THREE_PAST}), MediaTime("composed", 9_000)),
        (media("failed", {"stoppedAt": THREE_PAST}), None),
        (media("failed", {}), None),
        (media("started", {}, MediaKind.BROADCAST), None),
        (media("stopped", {}, MediaKind.BROADCAST), MediaTime("broadcast", 4 * MINUTE)),
        (media("stopped", {}, MediaKind.CAPTIONS), MediaTime("captions", 4 * MINUTE)),
        (media("failed", {}, MediaKind.RENDER), MediaTime("render", 4 * MINUTE)),
        (
            media("stopped", {"updatedAt": FIVE_PAST}, MediaKind.BROADCAST),
            MediaTime("broadcast", 5 * MINUTE),
        ),
    ],
)
def test_media_count_for_their_time_once_they_have_ended(
    item: Media, used: MediaTime | None
) -> None:
    assert MediaTime.of(item) == used


def test_a_session_amounts_to_its_connections_and_its_media() -> None:
    counted = SessionDay(
        Usage(participant=5, peak=1),
        {"a": MediaTime("composed", 2), "b": MediaTime("composed", 3), "c": MediaTime("sip", 4)},
    )
    assert counted.usage == Usage(participant=5, peak=1, composed=5, sip=4)


def test_a_day_is_one_of_utc() -> None:
    assert start_of(date(2026, 1, 31)).isoformat() == "2026-01-31T00:00:00+00:00"
