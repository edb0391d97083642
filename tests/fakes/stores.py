"""All stores over one table."""

from dataclasses import dataclass
from typing import Self

from chalicelib.core.ports.archives import RetentionStore
from chalicelib.core.ports.attendance import AttendanceStore
from chalicelib.core.ports.invitation_store import InvitationStore
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.ports.quota_store import QuotaStore
from chalicelib.core.ports.room_store import RoomDirectory, RoomStore, SeatStore
from chalicelib.core.ports.session_store import DueWorkStore, SessionStore
from chalicelib.core.ports.usage_store import UsageStore
from chalicelib.core.ports.user_data.user_record_store import ErasureStore, UserRecordStore
from chalicelib.core.ports.video_platform import SessionPool
from chalicelib.core.ports.waiting_store import WaitingStore
from tests.fakes.memory.attendance import FakeAttendance
from tests.fakes.memory.due_work import FakeDueWork, FakeRetention
from tests.fakes.memory.invitations import FakeInvitations
from tests.fakes.memory.media import FakeMedia
from tests.fakes.memory.quotas import FakeQuotas
from tests.fakes.memory.room_directory import FakeRoomDirectory
from tests.fakes.memory.rooms import FakeRooms
from tests.fakes.memory.seats import FakeSeats
from tests.fakes.memory.session_pool import FakeSessionPool
from tests.fakes.memory.sessions import FakeSessions
from tests.fakes.memory.table import Table
from tests.fakes.memory.usage import FakeUsage
from tests.fakes.memory.user_data import FakeErasures, FakeUserRecords
from tests.fakes.memory.waiting import FakeWaiting


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Stores, which are all fakes or all on DynamoDB."""

    rooms: RoomStore
    seats: SeatStore
    quotas: QuotaStore
    sessions: SessionStore
    pool: SessionPool
    invitations: InvitationStore
    waiting: WaitingStore
    due_work: DueWorkStore
    media: MediaStore
    schedules: RetentionStore
    attendance: AttendanceStore
    usage: UsageStore
    directory: RoomDirectory
    user_records: UserRecordStore
    erasures: ErasureStore

    @classmethod
    def on(cls, table: Table) -> Self:
        """Return the fakes over this table."""
        return cls(
            rooms=FakeRooms(table),
            seats=FakeSeats(table),
            quotas=FakeQuotas(table),
            sessions=FakeSessions(table),
            pool=FakeSessionPool(table),
            invitations=FakeInvitations(table),
            waiting=FakeWaiting(table),
            due_work=FakeDueWork(table),
            media=FakeMedia(table),
            schedules=FakeRetention(table),
            attendance=FakeAttendance(table),
            usage=FakeUsage(table),
            directory=FakeRoomDirectory(table),
            user_records=FakeUserRecords(table),
            erasures=FakeErasures(table),
        )
