"""Time limits of the scheduled function that deletes archives."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest

from chalicelib.api.schedules import RUN_SECONDS
from chalicelib.core.media.delete_expired_archives import (
    RETENTION_AT_ONCE,
    SECONDS_FOR_A_ROOM,
    SECONDS_FOR_AN_ARCHIVE,
    DeleteExpiredArchives,
)
from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.ports.archives import RetentionSchedule
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import ProviderUnavailable
from tests.support.stores.example_rooms import NOON, a_room

if TYPE_CHECKING:
    from chalicelib.core.media.sync_archives import ArchiveSync
    from chalicelib.core.model.room import Room
    from chalicelib.core.ports.archives import RetentionStore
    from chalicelib.core.ports.media_store import MediaStore
    from chalicelib.core.ports.room_store import RoomStore

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def an_archive(room_id: str, number: int, age: timedelta = DAY) -> Media:
    begun = NOON - age
    return Media(
        MediaKind.ARCHIVE, f"{room_id}-{number}", room_id, "1_x", "available", begun, begun, {}
    )


@dataclass
class Library:
    """Deleted rooms that keep archives for a day, and their archives.

    Args:
        archives: By room, each of which it takes `takes` seconds to delete.
        hanging: The rooms in which a deletion takes as long as it may, and is not done.
        standing: The rooms that are not deleted.
    """

    archives: dict[str, list[Media]]
    takes: float = 1.0
    hanging: frozenset[str] = frozenset()
    standing: dict[str, "Room"] = field(default_factory=dict)
    seconds: float = 0.0
    deleted: list[str] = field(default_factory=list)
    looked: dict[str, tuple[datetime, bool]] = field(default_factory=dict)
    lists: int = 0

    # The rooms.

    def find(self, name: str, deadline: Deadline) -> "Room | None":
        del deadline
        return self.standing.get(name)

    # The schedules.

    def rooms_due(self, now: datetime, limit: int, deadline: Deadline) -> Sequence[str]:
        """The first of all, whatever was done about them: lists lag."""
        del now, deadline
        self.lists += 1
        assert self.lists < 9, "it goes on for ever"
        return list(self.archives)[:limit]

    def schedule(self, room_id: str, deadline: Deadline) -> RetentionSchedule:
        del deadline
        return RetentionSchedule(room_id, room_id, 1)

    def reschedule(
        self,
        schedule: RetentionSchedule,
        next_look: datetime,
        deadline: Deadline,
        *,
        may_expire: bool,
    ) -> None:
        del deadline
        self.looked[schedule.room_id] = (next_look, may_expire)

    # The archives.

    def iter_oldest_first(
        self, room_id: str, kind: MediaKind, deadline: Deadline
    ) -> Iterator[Media]:
        del kind, deadline
        return iter(list(self.archives[room_id]))

    def delete(self, archive: Media, deadline: Deadline) -> None:
        if archive.room_id in self.hanging:
            self.seconds += deadline.remaining()
            raise ProviderUnavailable("It hangs.")
        self.seconds += self.takes
        self.archives[archive.room_id].remove(archive)
        self.deleted.append(archive.id)

    def run(self) -> None:
        clear = DeleteExpiredArchives(
            rooms=cast("RoomStore", self),
            schedules=cast("RetentionStore", self),
            store=cast("MediaStore", self),
            sync=cast("ArchiveSync", self),
            clock=lambda: NOON,
        )
        clear.run(Deadline(RUN_SECONDS, lambda: self.seconds))


def retained(room_id: str, archives: int) -> dict[str, list[Media]]:
    return {room_id: [an_archive(room_id, number) for number in range(archives)]}


def test_a_room_whose_deletions_take_long_is_put_off_and_the_next_one_has_its_turn() -> None:
    library = Library(retained("hall", 40) | retained("standup", 1))

    library.run()

    in_its_turn = int(SECONDS_FOR_A_ROOM) - 2
    expected = [f"hall-{number}" for number in range(in_its_turn)]
    assert library.deleted == [*expected, "standup-0"]
    # Behind the others that are due, and with all that is left.
    assert library.looked["hall"] == (NOON, False)
    assert library.looked["standup"] == (NOON + DAY, True)


def test_deletions_that_hang_take_no_more_than_their_rooms_turn() -> None:
    library = Library(retained("hall", 9) | retained("standup", 1), hanging=frozenset({"hall"}))

    library.run()

    assert library.deleted == ["standup-0"]
    assert library.seconds <= SECONDS_FOR_A_ROOM + 1
    assert library.looked["hall"] == (NOON, False)


def test_one_deletion_that_hangs_leaves_time_for_others_of_its_room() -> None:
    library = Library(retained("hall", 1), hanging=frozenset({"hall"}))

    library.run()

    assert library.seconds == SECONDS_FOR_AN_ARCHIVE
    assert library.looked["hall"] == (NOON + HOUR, False)


def test_a_run_ends_in_time_and_begins_no_room_that_it_has_no_time_for() -> None:
    rooms: dict[str, list[Media]] = {}
    for number in range(5):
        rooms |= retained(f"room-{number}", 9)
    library = Library(rooms, hanging=frozenset(rooms))

    library.run()

    assert library.seconds <= RUN_SECONDS
    assert list(library.looked) == ["room-0", "room-1", "room-2"]

    late = Library(retained("hall", 1) | retained("standup", 1), takes=RUN_SECONDS - 2.5)
    late.run()
    assert late.deleted == ["hall-0"]
    assert list(late.looked) == ["hall"]


def test_each_is_looked_through_once_a_run_however_many_are_due() -> None:
    rooms: dict[str, list[Media]] = {
        f"room-{number}": [] for number in range(RETENTION_AT_ONCE + 3)
    }
    library = Library(dict(rooms))
    library.run()
    assert library.looked.keys() == rooms.keys()


@pytest.mark.parametrize(
    ("archives", "next_look"),
    [
        ([an_archive("hall", 1, DAY - HOUR)], NOON + HOUR),
        ([an_archive("hall", 1), an_archive("hall", 2, DAY - HOUR)], NOON + HOUR),
        ([], NOON + DAY),
    ],
    ids=["not due", "one due, one not", "none"],
)
def test_a_deleted_rooms_retention_is_forgotten_once_nothing_is_left_on_it(
    archives: list[Media], next_look: datetime
) -> None:
    library = Library({"hall": archives})
    library.run()
    assert library.looked == {"hall": (next_look, not archives)}


def test_a_deleted_rooms_retention_is_not_forgotten_while_one_on_it_could_not_be_deleted() -> None:
    library = Library(retained("hall", 1), hanging=frozenset({"hall"}))
    library.run()
    assert library.looked == {"hall": (NOON + HOUR, False)}


def test_a_retention_is_forgotten_only_if_its_room_is_gone() -> None:
    hall = replace(a_room("hall"), room_id="hall")
    for standing, forgotten in (
        (hall, False),
        (replace(hall, closed_at=NOON), True),
        (replace(hall, room_id="its-successor"), True),
        (None, True),
    ):
        library = Library({"hall": []}, standing={} if standing is None else {"hall": standing})
        library.run()
        assert library.looked == {"hall": (NOON + DAY, forgotten)}
