"""Time limit of the stops while a room closes."""

from typing import TYPE_CHECKING, cast

from chalicelib.core.media.stop_media import SECONDS_TO_STOP, StopMedia
from chalicelib.core.model.media import Media
from chalicelib.core.support.deadline import Deadline
from tests.support.stores.example_rooms import a_room, soon

if TYPE_CHECKING:
    from chalicelib.core.ports.media_store import MediaStore


ROOM = a_room()


class SlowRecord:
    """A record of media that notes how long it may take."""

    given = 0.0

    def running(self, room_id: str, deadline: Deadline) -> list[Media]:
        assert room_id == ROOM.room_id
        self.given = deadline.remaining()
        return []


def test_it_takes_no_more_than_its_part_of_the_time_that_there_is() -> None:
    record = SlowRecord()
    assert StopMedia(cast("MediaStore", record), {}).stop_all(ROOM, soon())
    assert 0 < record.given <= SECONDS_TO_STOP
