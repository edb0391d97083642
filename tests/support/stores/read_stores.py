"""All that can be read of the stores, for a comparison."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from chalicelib.core.model.media import MediaKind
from chalicelib.core.ports.archives import RetentionSchedule
from chalicelib.core.ports.attendance import TimeSpan
from chalicelib.core.ports.room_store import StaleRoom
from chalicelib.core.ports.session_store import DueSession
from chalicelib.core.ports.video_platform import SessionTaken
from chalicelib.core.ports.waiting_store import StaleWaiting
from tests.fakes.stores import Stores
from tests.support.stores.example_rooms import NOON, soon

DAY = timedelta(days=1)
ALL = TimeSpan(NOON - DAY, NOON + DAY)
PROJECTS = ["ours", "theirs"]
"""The projects whose sessions are pooled."""


def outcome(call: Callable[[Stores], Any], stores: Stores) -> Any:
    try:
        return call(stores)
    except StaleRoom as stale:
        return "stale", stale.room
    except SessionTaken:
        return "taken"
    except StaleWaiting:
        return "stale"


def read_retention(room_id: str, stores: Stores) -> RetentionSchedule | None:
    return stores.schedules.schedule(room_id, soon())


def read_session(session_id: str, stores: Stores) -> list[object]:
    """All that is known of a session."""
    sessions = stores.sessions
    return [
        sessions.session(session_id, soon()),
        sessions.connections(session_id, soon()),
        *_pages_of_one(session_id, stores),
        sessions.of_user(session_id, "bob", soon()),
        *(
            sessions.was_connected(session_id, user, NOON + timedelta(seconds=seconds), soon())
            for user in ("bob", "carol")
            for seconds in range(0, 400, 40)
        ),
        sessions.counts(session_id, soon()),
        *stores.attendance.iter_all(session_id, ALL, soon()),
    ]


def _pages_of_one(session_id: str, stores: Stores) -> list[object]:
    pages = [stores.sessions.page(session_id, None, 1, soon())]
    while (start := pages[-1].next_cursor) is not None:
        pages.append(stores.sessions.page(session_id, start, 1, soon()))
    return [*pages]


def read_lists(stores: Stores) -> list[object]:
    """Return the due work, the creator's rooms, and all media."""
    late, media = NOON + 9 * DAY, stores.media
    return [
        # What is due at the same moment comes in any order.
        sorted(stores.due_work.due_rooms(late, 99, soon())),
        sorted(stores.due_work.due_sessions(late, 99, soon()), key=_id),
        sorted(stores.schedules.rooms_due(late, 99, soon())),
        sorted(stores.due_work.due_sessions(NOON + timedelta(seconds=120), 99, soon()), key=_id),
        *(sorted(stores.pool.pooled(project, 99, soon())) for project in PROJECTS),
        stores.rooms.created_by("alice", None, 99, soon()),
        media.running("room-1", soon()),
        *(media.page("room-1", kind, None, 1, soon()) for kind in MediaKind),
        *(list(media.iter_oldest_first("room-1", kind, soon())) for kind in MediaKind),
        *(media.find("room-1", kind, "m1", soon()) for kind in MediaKind),
    ]


def _id(session: DueSession) -> str:
    return session.id
