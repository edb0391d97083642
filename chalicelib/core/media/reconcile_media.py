"""The reconciliation of media: the record is compared with OpenTok's lists."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from chalicelib.core.audit.recording_entries import audit_found, audit_stop
from chalicelib.core.media.track_media import MediaTracker
from chalicelib.core.model.connection import Connection, Service, Session
from chalicelib.core.model.media import AVAILABLE, UPLOADED, Media, MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.model.room import State
from chalicelib.core.ports.media_platforms import MediaPlatform
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.video_platform import ConnectionControl
from chalicelib.core.sessions.check_intervals import check_every
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import increase, increment

if TYPE_CHECKING:
    from collections.abc import Callable

STALE_AFTER: Final = timedelta(seconds=60)
"""The age from which a record must be on OpenTok's list; the list may lag behind younger ones."""
SETTLED_AFTER: Final = timedelta(days=2)
"""The age from which no change is expected any more: nothing runs for longer than half a day."""
USUAL_BROADCAST: Final = timedelta(hours=2)
"""The time after which a broadcast that still runs is longer than expected."""
_PAGE_SIZE: Final = 100
_RENDER_PAGE_SIZE: Final = 25


class Control(Protocol):
    """The calls of OpenTok by which one kind's record is corrected."""

    def stop(self, media: Media, deadline: Deadline) -> Media | None:
        """Stop it at OpenTok and save the answer. Return its new state; None if it had ended."""

    def refresh(self, media: Media, deadline: Deadline) -> object:
        """Ask OpenTok about an item that is listed as running and recorded as ended."""

    def confirm_missing(self, media: Media, deadline: Deadline) -> None:
        """Ask OpenTok about an item that its list did not contain."""


class MediaReconciler:
    """Compares one kind's record with what OpenTok lists of a session.

    This brings starts on record that no answer and no callback reported, and ends too.

    Args:
        kind: The kind.
        platform: OpenTok's media of this kind.
        control: The calls that correct the record.
        longest: The longest duration of an item, which is stopped then.
        rooms, store, tracker: The record.
        clock: Returns the current time.
    """

    def __init__(
        self,
        kind: MediaKind,
        platform: MediaPlatform,
        control: Control,
        *,
        longest: timedelta,
        rooms: RoomStore,
        store: MediaStore,
        tracker: MediaTracker,
        clock: Clock,
    ) -> None:
        self._kind = kind
        self._platform = platform
        self._control = control
        self._longest = longest
        self._rooms = rooms
        self._store = store
        self._tracker = tracker
        self._clock = clock

    def reconcile(self, session: Session, deadline: Deadline) -> bool:
        """Make the record agree with OpenTok's list; return True if any item may still change.

        Raises:
            ProviderUnavailable: OpenTok cannot be asked about all items, or about one. The record
                of those stays as it was.
            ProviderRefused: OpenTok refuses.
        """
        # The record is read before the list, as with connections.
        page = self._store.page(session.room_id, self._kind, None, _PAGE_SIZE, deadline)
        known = {each.id: each for each in page.items if each.session_id == session.id}
        listed = self._platform.of_session(session.id, deadline)
        current = [each.to_media(session.room_id) for each in listed]
        running = [each for each in current if each.is_running]
        missing = (known[media_id] for media_id in known.keys() - {each.id for each in listed})
        now = self._clock()
        self._count(session, running)
        steps: list[Callable[[], object]] = []
        # Stops come first, in case time runs out: a closed room must not be recorded.
        if running and self._is_over(session, deadline):
            steps += [partial(self._stop, session, each, deadline) for each in running]
        else:
            steps += [
                partial(self._stop_overdue, session, each, deadline)
                for each in running
                if each.created_at + self._longest <= now
            ]
        steps += [
            partial(self._update_record, session, each, known.get(each.id), deadline)
            for each in listed
        ]
        steps += [
            partial(self._confirm_gone, session, each, deadline)
            for each in missing
            if not each.is_final and each.created_at + STALE_AFTER <= now
        ]
        for_each_concurrently(lambda step: step(), steps, at_once=1)
        return any(not each.is_final and each.created_at + SETTLED_AFTER > now for each in current)

    def _count(self, session: Session, running: Iterable[Media]) -> None:
        """Count what runs, for the alarms of cost."""
        for each in running:
            if self._kind is MediaKind.ARCHIVE:
                increase("RecordingSeconds", check_every(session).total_seconds())
            is_long = each.created_at + USUAL_BROADCAST < self._clock()
            if self._kind is MediaKind.BROADCAST and is_long:
                increment("LongBroadcasts")

    def _stop_overdue(self, session: Session, overdue: Media, deadline: Deadline) -> None:
        increment("OverdueMediaStopped")
        self._stop(session, overdue, deadline)

    def _stop(self, session: Session, running: Media, deadline: Deadline) -> None:
        audit_stop(session, running, self._control.stop(running, deadline))

    def _confirm_gone(self, session: Session, stale_record: Media, deadline: Deadline) -> None:
        increment("StaleMediaResolved")
        self._control.confirm_missing(stale_record, deadline)
        if self._kind is MediaKind.ARCHIVE:
            found = self._store.find(session.room_id, self._kind, stale_record.id, deadline)
            audit_found(session, stale_record, found)

    def _update_record(
        self, session: Session, report: MediaReport, known: Media | None, deadline: Deadline
    ) -> None:
        media = report.to_media(session.room_id)
        if known is None:
            known = self._store.find(session.room_id, self._kind, report.id, deadline)
        if known is None and self._is_forgotten_leftover(media):
            return
        if known is None or known.rank < media.rank or known.updated_at < media.updated_at:
            increment("MediaFound")
            if self._tracker.save_found(report, session.room_id, deadline):
                audit_found(session, known, media)
        if known is not None and media.is_running and known.is_final:
            # The record says ended but the list says running: either an earlier answer was wrong,
            # or it ended after the list was fetched.
            self._control.refresh(known, deadline)

    def _is_forgotten_leftover(self, media: Media) -> bool:
        """Return True if the listed item is a leftover whose record was deleted earlier.

        OpenTok may keep listing deleted items.
        """
        ended = media.is_final and media.status not in (AVAILABLE, UPLOADED)
        return ended and media.created_at + SETTLED_AFTER <= self._clock()

    def _is_over(self, session: Session, deadline: Deadline) -> bool:
        room = self._rooms.find(session.room_name, deadline)
        if room is None or not session.is_of(room):
            return True
        return room.state(self._clock()) is State.CLOSED


class ServiceReconciler:
    """Reconciles a session's service connections, and its renders.

    Calls and audio connectors that last too long are disconnected, since OpenTok has no setting
    for it. Renders are compared only for sessions with a recorded render or a render's connection,
    because OpenTok can list renders only for the whole project.

    Args:
        renders: Compares the record of renders with that list.
        longest: The longest duration of each service's connection.
        platform: Disconnects.
        sessions: The record of connections.
        store: The record of renders.
        clock: Returns the current time.
    """

    def __init__(
        self,
        *,
        renders: MediaReconciler,
        longest: Mapping[Service, timedelta],
        platform: ConnectionControl,
        sessions: SessionStore,
        store: MediaStore,
        clock: Clock,
    ) -> None:
        self._renders = renders
        self._longest = longest
        self._platform = platform
        self._sessions = sessions
        self._store = store
        self._clock = clock

    def reconcile(self, session: Session, deadline: Deadline) -> bool:
        """Return True if any render may still change; raises as `MediaReconciler` does."""
        connections = self._sessions.connections(session.id, deadline)
        in_use: list[bool] = []

        def reconcile_renders() -> None:
            if self._shows_render(session, connections, deadline):
                in_use.append(self._renders.reconcile(session, deadline))

        steps: list[Callable[[], object]] = [
            partial(self._end, session, each, deadline) for each in self._overdue(connections)
        ]
        # A connection that cannot be ended must not hide what became of renders.
        for_each_concurrently(lambda step: step(), [*steps, reconcile_renders], at_once=1)
        return any(in_use)

    def _overdue(self, connections: Iterable[Connection]) -> Iterator[Connection]:
        now = self._clock()
        for each in connections:
            service = each.participant.service
            longest = None if service is None else self._longest.get(service)
            if longest is not None and each.since + longest <= now:
                yield each

    def _end(self, session: Session, overdue: Connection, deadline: Deadline) -> None:
        increment("OverdueMediaStopped")
        self._platform.disconnect(session.id, overdue.id, deadline)

    def _shows_render(
        self, session: Session, connections: Iterable[Connection], deadline: Deadline
    ) -> bool:
        if any(each.participant.service is Service.RENDER for each in connections):
            return True
        latest = self._store.page(
            session.room_id, MediaKind.RENDER, None, _RENDER_PAGE_SIZE, deadline
        )
        return any(each.is_running for each in latest.items)
