"""All stores over one table."""

from dataclasses import dataclass
from typing import Self

from chalicelib.core.ports.archives import RetentionStore
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.ports.quota_store import QuotaStore
from chalicelib.core.ports.room_store import RoomStore, SeatStore
from chalicelib.core.ports.session_pool import SessionPool
from chalicelib.core.ports.session_store import DueWorkStore, SessionStore
from tests.fakes.memory.due_work import FakeDueWork, FakeRetention
from tests.fakes.memory.media import FakeMedia
from tests.fakes.memory.quotas import FakeQuotas
from tests.fakes.memory.rooms import FakeRooms
from tests.fakes.memory.seats import FakeSeats
from tests.fakes.memory.session_pool import FakeSessionPool
from tests.fakes.memory.sessions import FakeSessions
from tests.fakes.memory.table import Table


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Stores, which are all fakes or all on DynamoDB."""

    rooms: RoomStore
    seats: SeatStore
    quotas: QuotaStore
    sessions: SessionStore
    pool: SessionPool
    due_work: DueWorkStore
    media: MediaStore
    schedules: RetentionStore

    @classmethod
    def on(cls, table: Table) -> Self:
        """Return the fakes over this table."""
        return cls(
            rooms=FakeRooms(table),
            seats=FakeSeats(table),
            quotas=FakeQuotas(table),
            sessions=FakeSessions(table),
            pool=FakeSessionPool(table),
            due_work=FakeDueWork(table),
            media=FakeMedia(table),
            schedules=FakeRetention(table),
        )
