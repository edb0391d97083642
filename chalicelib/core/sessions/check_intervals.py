"""The times between checks of a session, and the calls to OpenTok that a check needs."""

from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.model.connection import Session

CHECK_EVERY: Final = timedelta(seconds=80)
CHECK_LIMITED_EVERY: Final = timedelta(seconds=24)
"""The interval for a room with access limits: a lost callback there keeps another user out."""
CHECK_FAILED_AFTER: Final = timedelta(seconds=60)
CHECK_REFUSED_AFTER: Final = timedelta(minutes=5)
"""A rotated secret is known everywhere after minutes, which ends refusals. Bugs need a fix."""
CHECK_QUIET_EVERY: Final = timedelta(seconds=80)
"""The shortest interval for a session that nobody is in."""
CHECK_IDLE_AT_LEAST_EVERY: Final = timedelta(minutes=10)
"""The longest interval for a room that may be entered: a kept token may bring a client unheard."""
QUIET_FRACTION: Final = 4
"""A session that nobody has been in for a time waits a quarter of this time for its next check."""
LAST_CHECK: Final = timedelta(seconds=60)
"""The time from the last check of a quiet session to the end of its last token."""
LAST_COUNT: Final = timedelta(hours=25)
"""The time after which a quiet session is counted for the last time.

OpenTok repeats callbacks for 24 hours.
"""

SECONDS_FOR_A_CHECK: Final = 15.0

CALLS: Final = 4
"""The usual number of calls to OpenTok for a check: connections, streams, archives, broadcasts."""
CALLS_IF_IDLE: Final = 1


def check_every(session: Session) -> timedelta:
    """Return the time between checks of a session that somebody is in."""
    is_limited = session.has_access_limits and session.retired_until is None
    return CHECK_LIMITED_EVERY if is_limited else CHECK_EVERY


def last_check(session: Session) -> datetime | None:
    """Return a time just before the last check of a session began, or None if none is set.

    If that check failed, the last one that worked began earlier.
    """
    if session.next_check is None:
        return None
    return session.next_check - check_every(session) - timedelta(seconds=SECONDS_FOR_A_CHECK)


def next_quiet_check(
    quiet_since: datetime, now: datetime, until: datetime, *, retired: bool
) -> datetime | None:
    """Return the time of the next check of a session that nobody is in, or None if it was the last.

    The longer nobody has been there, the longer the wait: a quarter of that time. A session that
    is not retired waits at most 10 minutes. After its last token, a session is checked once more,
    to be counted when no callback can come any more.

    Args:
        quiet_since: The time of the first check that found nobody, or of the retirement.
        now: The time of this check.
        until: The end of the last token with which a client could connect.
        retired: True if its room was deleted, or has another session now.
    """
    last = until - LAST_CHECK
    if now >= last:
        return quiet_since + LAST_COUNT if now < quiet_since + LAST_COUNT else None
    wait = max(CHECK_QUIET_EVERY, (now - quiet_since) / QUIET_FRACTION)
    return min(now + (wait if retired else min(wait, CHECK_IDLE_AT_LEAST_EVERY)), last)
