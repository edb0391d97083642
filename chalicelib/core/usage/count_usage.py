"""The counting of usage by reconciliation, from the record of connections and media.

A session is counted as a whole, again and again, and each time the sums change by what is new. So
callbacks that are late, doubled or lost count right once the record is right.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from zlib import crc32

from chalicelib.core.model.attendance import Attendance
from chalicelib.core.model.connection import Session
from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.model.usage import MediaTime, SessionDay, Usage, day_of, measure, start_of
from chalicelib.core.ports.attendance import AttendanceStore, TimeSpan
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.ports.usage_store import UsageStore
from chalicelib.core.sessions.check_intervals import (
    CHECK_EVERY,
    CHECK_IDLE_AT_LEAST_EVERY,
    LAST_COUNT,
    QUIET_FRACTION,
    check_every,
)
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import increase, increment
from chalicelib.core.usage.prices import Prices
from chalicelib.errors import StoreUnavailable

COUNT_EVERY: Final = timedelta(minutes=5)
"""The time between two counts of a session that somebody is in."""
LATE: Final = timedelta(hours=26)
"""Longer than OpenTok repeats a callback, which is 24 hours: until then, sums may change."""
_LAST_BUT_ONE: Final = timedelta(hours=4)
_QUIET_AGES: Final = (timedelta(hours=1), _LAST_BUT_ONE, LAST_COUNT)
"""The ages at which a session that nobody is in is counted again, after its first quarter hour."""
_LONGEST_PAUSE: Final = timedelta(hours=28)
"""Longer than from the last count but one to the last one."""
_SOON: Final = timedelta(minutes=15)
_LONGEST_CAPTIONS: Final = timedelta(hours=4)
_CAPTIONS_OUTLAST: Final = timedelta(seconds=60)
"""The time for which OpenTok goes on with captions after everybody has left."""
_PAGE_SIZE: Final = 100
_MINUTE: Final = 60_000
_MILLISECOND: Final = timedelta(milliseconds=1)


class UsageCounter:
    """Counts the usage of sessions that are being checked.

    Args:
        attendance: The record of connections.
        media: The record of media.
        store: The sums.
        prices: The prices of OpenTok, to count an estimate of the cost.
        clock: Returns the current time.
    """

    def __init__(
        self,
        attendance: AttendanceStore,
        media: MediaStore,
        store: UsageStore,
        prices: Prices,
        clock: Clock,
    ) -> None:
        self._prices = prices
        self._attendance = attendance
        self._media = media
        self._store = store
        self._clock = clock

    def count_if_due(self, session: Session, deadline: Deadline, *, found: bool) -> None:
        """Count a session after its check, unless it was counted a moment ago.

        Args:
            session: The session as it was read before the check.
            deadline: The time by which it must be counted.
            found: True if the check found connections, or media that may still change.
        """
        if not _is_due(session, self._clock(), found=found):
            return
        try:
            self.count(session, deadline)
        except StoreUnavailable:
            # The check itself has succeeded, and the next count makes up for this one.
            increment("UsageNotCounted")

    def count(self, session: Session, deadline: Deadline) -> None:
        """Count today's usage of a session, and that of the time for which it may still change."""
        now = self._clock()
        first = day_of(_counted_before(session, now) - LATE)
        days = [first + timedelta(days=number) for number in range((day_of(now) - first).days + 1)]
        span = TimeSpan(start_of(first), now)
        lines = [*self._attendance.iter_all(session.id, span, deadline)]
        media = [*self._ended(session, start_of(first), lines, deadline)]
        counted = self._store.counted_days(session.id, days, deadline)
        for day in days:
            before = counted.get(day, SessionDay())
            ended = {each.id: used for each, used in media if day_of(each.created_at) == day}
            after = SessionDay(measure(lines, day, now), {**before.media, **ended})
            if after != before and self._store.count(session, day, before, after, deadline):
                self._report(before.usage, after.usage)

    def _report(self, before: Usage, after: Usage) -> None:
        """Count what is new, for the alarms of use and cost."""
        increase("ParticipantMinutes", max(0, after.participant - before.participant) / _MINUTE)
        new = self._prices.of(after) - self._prices.of(before)
        increase("EstimatedCents", max(0.0, float(new * 100)))

    def _ended(
        self, session: Session, since: datetime, lines: Sequence[Attendance], deadline: Deadline
    ) -> Iterator[tuple[Media, MediaTime]]:
        """Yield the session's media that began since then and have ended."""
        last = max((each.went or self._clock() for each in lines), default=since)
        for kind in MediaKind:
            page = self._media.page(session.room_id, kind, None, _PAGE_SIZE, deadline)
            for each in page.items:
                if each.session_id != session.id or each.created_at < since:
                    continue
                used = MediaTime.of(each) or self._captioned(each, last)
                if used is not None:
                    yield each, used

    def _captioned(self, media: Media, last: datetime) -> MediaTime | None:
        """Return the time of captions that have ended by themselves, if no callback said so.

        Args:
            media: The media item.
            last: The time at which the last client left; now if one is connected.
        """
        if media.kind is not MediaKind.CAPTIONS:
            return None
        end = min(media.created_at + _LONGEST_CAPTIONS, last + _CAPTIONS_OUTLAST)
        if end > self._clock():
            return None
        return MediaTime("captions", max(timedelta(), end - media.created_at) // _MILLISECOND)


def _counted_before(session: Session, now: datetime) -> datetime:
    """Return a time since which the session was not counted, but for the last few minutes."""
    if session.quiet_since is None:
        return now
    return min(now, max(session.quiet_since + _LAST_BUT_ONE, now - _LONGEST_PAUSE))


def _is_due(session: Session, now: datetime, *, found: bool) -> bool:
    if found:
        # No record says when it was counted: the first check of each five minutes counts it. These
        # differ by session, so that not all of them are counted at once.
        moment = now.timestamp() + crc32(session.id.encode())
        return moment % COUNT_EVERY.total_seconds() < check_every(session).total_seconds()
    if session.quiet_since is None:
        return True
    quiet = now - session.quiet_since
    # The time since the check before is this long at most, and a little.
    since = max(CHECK_IDLE_AT_LEAST_EVERY, quiet / QUIET_FRACTION) + CHECK_EVERY
    return quiet <= _SOON or any(age <= quiet < age + since for age in _QUIET_AGES)
