"""The state of the stand-in: sessions, and the media that run in them."""

import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stand_ins.opentok.archives.archive_links import ArchiveLinks
from stand_ins.opentok.archives.archive_storage import ArchiveStorage
from stand_ins.opentok.archives.archives import Archives
from stand_ins.opentok.broadcasts.broadcasts import Broadcasts
from stand_ins.opentok.callbacks.callback import Callback
from stand_ins.opentok.captions.captions import Captions
from stand_ins.opentok.clients.client import ClientGate
from stand_ins.opentok.clients.outbox import Outboxes
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.renders.renders import Renders
from stand_ins.opentok.sessions.session_record import Change
from stand_ins.opentok.sessions.sessions import Sessions
from stand_ins.opentok.telephony.sip_call import SipCalls

if TYPE_CHECKING:
    from stand_ins.opentok.sessions.session_records import SessionRecords

KINDS_OF_RECORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "archives": frozenset(
            {
                "started",
                "paused",
                "stopped",
                "uploaded",
                "available",
                "expired",
                "failed",
                "deleted",
            }
        ),
        "broadcasts": frozenset({"started", "stopped", "failed"}),
        "captions": frozenset({"started", "stopped", "failed"}),
        "renders": frozenset({"starting", "started", "stopped", "failed"}),
    }
)


class Platform:
    """The whole state, under one lock.

    Args:
        clock: Seconds since the epoch.
        announce: Takes every callback.
        known: The credentials by which clients' tokens are judged.
        archive_ready_after: Seconds from an archive's end to its file.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        announce: Callable[[Callback], None],
        known: KnownCredentials,
        *,
        archive_ready_after: float,
    ) -> None:
        lock = threading.RLock()
        self._clock = clock
        outboxes = Outboxes()
        self.sessions = Sessions(announce, lock, outboxes)
        self.clients = ClientGate(self.sessions, outboxes, known)
        self.storage = ArchiveStorage(archive_ready_after)
        self.links = ArchiveLinks(clock)
        self.archives = Archives(lock, announce, self.storage, self.links)
        self.broadcasts = Broadcasts(lock, announce)
        self.captions = Captions(lock, announce)
        self.renders = Renders(lock, announce)
        self.sip_calls = SipCalls(lock, announce)
        self._records: dict[str, SessionRecords[Any]] = {
            "archives": self.archives,
            "broadcasts": self.broadcasts,
            "captions": self.captions,
            "renders": self.renders,
            "sip_calls": self.sip_calls,
        }
        for each in self._records.values():
            self.sessions.add_observer(each)

    def advance(self) -> None:
        """Make all changes that are due by the clock."""
        now = self._clock()
        self.clients.advance(now)
        for each in self._records.values():
            each.advance(now)

    def clear_records(self) -> None:
        for each in self._records.values():
            each.clear()

    def inspect(self, kind: str, record_id: str) -> dict[str, Any]:
        """Return a record in REST's form, with further fields for tests.

        Raises:
            AbsentError: There is no such record.
        """
        return self._records[kind].inspect(record_id)

    def move(self, kind: str, record_id: str, status: str, reason: str) -> dict[str, Any]:
        """Give a record this status now, whatever it had before, and announce the change.

        Raises:
            AbsentError: There is no such record.
            ValueError: The kind has no such status.
        """
        if status not in KINDS_OF_RECORDS[kind]:
            raise ValueError(f"{kind} are {', '.join(sorted(KINDS_OF_RECORDS[kind]))}")
        return self._records[kind].move(record_id, Change(status, self._clock(), reason))
