"""The part of reconciliation that looks after what a session is made into."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from chalicelib.core.media.stop_media import Stop
from chalicelib.core.media.track_media import MediaTracker
from chalicelib.core.model.connection import Session
from chalicelib.core.model.media import AVAILABLE, UPLOADED, Media, MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.model.room import State
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment
from chalicelib.core.support.timestamps import Clock

STALE_AFTER: Final = timedelta(seconds=60)
"""How old a record must be for its absence from the platform's list to tell something."""
SETTLED_AFTER: Final = timedelta(days=2)
"""How old one is that is not expected to change any more: none runs for longer than half a day."""
_LOOKED_AT: Final = 100


class MediaReconciler:
    """Compares one kind's record with what the platform lists of a session.

    So what began without our hearing of it, by a start whose answer was lost or by itself, comes on
    record, and what ended so is known to have.

    Args:
        kind: Which it looks after.
        listed: All that the platform has of a session.
        stop: How one is stopped.
        missed: Asks about one that is not listed, and has it on record as it stands, or as gone.
        refresh: Asks about one that is listed as running and on record as ended.
    """

    def __init__(
        self,
        kind: MediaKind,
        listed: Callable[[str, Deadline], Sequence[MediaReport]],
        stop: Stop,
        missed: Callable[[Media, Deadline], object],
        refresh: Callable[[Media, Deadline], object],
        *,
        rooms: RoomStore,
        store: MediaStore,
        follow: MediaTracker,
        clock: Clock,
    ) -> None:
        self._kind = kind
        self._listed = listed
        self._stop = stop
        self._missed = missed
        self._refresh = refresh
        self._rooms = rooms
        self._store = store
        self._tracker = follow
        self._clock = clock

    def reconcile(self, session: Session, deadline: Deadline) -> bool:
        """Make the record agree with the list; whether any may still change.

        Raises:
            ProviderUnavailable: The platform cannot be asked about all, or one; that is as it was.
            ProviderRefused: It refuses.
        """
        # The record before the list, as with connections.
        page = self._store.page(session.room_id, self._kind, None, _LOOKED_AT, deadline)
        known = {each.id: each for each in page.items if each.session_id == session.id}
        listed = self._listed(session.id, deadline)
        standing = [each.to_media(session.room_id) for each in listed]
        running = [each for each in standing if each.is_running]
        missed = (known[media_id] for media_id in known.keys() - {each.id for each in listed})
        now = self._clock()
        steps: list[Callable[[], object]] = []
        # First, lest there be no time for it: nobody is to be recorded in a room that is closed.
        if running and self._is_over(session, deadline):
            steps += [partial(self._stop, each, deadline) for each in running]
        steps += [
            partial(self._keep_up, session, each, known.get(each.id), deadline) for each in listed
        ]
        steps += [
            partial(self._take, each, deadline)
            for each in missed
            if each.may_change and each.created_at + STALE_AFTER <= now
        ]
        for_each_concurrently(lambda step: step(), steps, at_once=1)
        return any(each.may_change and each.created_at + SETTLED_AFTER > now for each in standing)

    def _take(self, stale_record: Media, deadline: Deadline) -> None:
        increment("StaleMediaResolved")
        self._missed(stale_record, deadline)

    def _keep_up(
        self, session: Session, report: MediaReport, known: Media | None, deadline: Deadline
    ) -> None:
        media = report.to_media(session.room_id)
        if known is None:
            known = self._store.find(session.room_id, self._kind, report.id, deadline)
        if known is None and self._is_past(media):
            return
        if known is None or known.rank < media.rank or known.updated_at < media.updated_at:
            increment("MediaFound")
            self._tracker.save(report, session.room_id, deadline)
        if known is not None and media.is_running and not known.may_change:
            # It was taken for ended by an answer that was wrong, or is since the list was made.
            self._refresh(known, deadline)

    def _is_past(self, media: Media) -> bool:
        """Whether one without a record had one: what is deleted may be listed for ever."""
        ended = not media.may_change and media.status not in (AVAILABLE, UPLOADED)
        return ended and media.created_at + SETTLED_AFTER <= self._clock()

    def _is_over(self, session: Session, deadline: Deadline) -> bool:
        room = self._rooms.find(session.room_name, deadline)
        if room is None or not session.is_of(room):
            return True
        return room.state(self._clock()) is State.CLOSED
