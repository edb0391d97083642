"""Time limits of the scheduled function that empties rooms."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Barrier, Lock
from typing import TYPE_CHECKING, cast

from chalicelib.api.schedules import RUN_SECONDS
from chalicelib.core.media.stop_media import StopMedia
from chalicelib.core.model.media import Media
from chalicelib.core.model.room import Room
from chalicelib.core.ports.video_platform import ConnectionControl, ListedConnection
from chalicelib.core.rooms.enforce_closing_times import SECONDS_FOR_A_ROOM, ClosingTimes
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import ProviderUnavailable
from tests.support.stores.example_rooms import NOON, a_room

if TYPE_CHECKING:
    from chalicelib.core.ports.media_store import MediaStore
    from chalicelib.core.ports.room_store import RoomStore
    from chalicelib.core.ports.session_store import DueWorkStore


@dataclass
class Building:
    """Closed rooms and those still in them, each of whom it takes a second to put out."""

    inside: dict[str, int]
    seconds: float = 0.0
    is_down: bool = False
    turns: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    meeting: Barrier | None = None

    # The rooms.

    def find(self, name: str, deadline: Deadline) -> Room:
        del deadline
        return replace(a_room(name), session_id=name, closed_at=NOON)

    # What is due.

    def due_rooms(self, now: datetime, limit: int, deadline: Deadline) -> Sequence[str]:
        del now, limit, deadline
        return list(self.inside)

    def reschedule(self, room: Room, due: datetime | None, deadline: Deadline) -> None:
        del due, deadline
        del self.inside[room.name]

    # OpenTok.

    def connections(self, session_id: str, deadline: Deadline) -> Sequence[ListedConnection]:
        del deadline
        self.turns.append(session_id)
        if self.meeting is not None:
            self.meeting.wait(timeout=30)
        if self.is_down:
            raise ProviderUnavailable("It is away.")
        return [ListedConnection(str(number), NOON) for number in range(self.inside[session_id])]

    def disconnect(self, session_id: str, connection_id: str, deadline: Deadline) -> bool:
        del connection_id
        with self.lock:
            if not deadline.remaining():
                raise ProviderUnavailable("There is no time left.")
            self.seconds += 1
            self.inside[session_id] -= 1
        return True

    def running(self, room_id: str, deadline: Deadline) -> list[Media]:
        del room_id, deadline
        return []

    def run(self) -> None:
        hours = ClosingTimes(
            cast("RoomStore", self),
            cast("DueWorkStore", self),
            cast("ConnectionControl", self),
            StopMedia(cast("MediaStore", self), {}).stop_all,
            lambda: NOON,
        )
        hours.run(Deadline(RUN_SECONDS, lambda: self.seconds))


def test_a_room_with_too_many_for_its_turn_has_another_one_after_the_others() -> None:
    building = Building({"hall": 2 * int(SECONDS_FOR_A_ROOM) + 3, "standup": 3})

    building.run()

    assert building.inside == {}
    assert building.turns == ["hall", "standup", "hall", "hall"]


def test_a_room_that_cannot_be_emptied_is_not_tried_again_in_the_same_run() -> None:
    building = Building({"hall": 3, "standup": 3}, is_down=True)

    building.run()

    assert building.turns == ["hall", "standup"]


def test_a_run_ends_in_time_however_many_are_left() -> None:
    building = Building({"hall": 1000})

    building.run()

    assert building.seconds <= RUN_SECONDS
    assert building.inside["hall"] > 0


def test_rooms_that_close_at_the_same_moment_are_emptied_side_by_side() -> None:
    names = [f"room-{number}" for number in range(8)]
    building = Building(dict.fromkeys(names, 1), meeting=Barrier(len(names)))

    building.run()

    assert building.inside == {}
