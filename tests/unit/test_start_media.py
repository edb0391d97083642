"""What is started while its room closes does not go on."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from chalicelib.core.media.start_media import SECONDS_TO_RECORD, StartMedia
from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.model.room import Room
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import ProviderUnavailable, RoomClosed
from tests.support.example_rooms import MILLISECOND, NOON, a_room, soon

ROOM = a_room()
REPORT = MediaReport(
    MediaKind.BROADCAST, "b1", ROOM.session_id, "started", NOON, NOON, {"id": "b1"}
)


@dataclass
class Platform:
    """Has it stopped, or cannot."""

    stopped: list[str] = field(default_factory=list)
    available: bool = True

    def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:
        raise AssertionError(session_id, deadline)

    def stop(self, media_id: str, deadline: Deadline) -> None:
        assert deadline.remaining()
        if not self.available:
            raise ProviderUnavailable("away")
        self.stopped.append(media_id)


def kept(report: MediaReport, room_id: str, deadline: Deadline) -> Media:
    assert deadline.remaining()
    return report.to_media(room_id)


def started(standing: Room | None, platform: Platform) -> Media:
    start_media = StartMedia(lambda *_: standing, lambda *_: (), kept, lambda: NOON)
    return start_media.start(ROOM, platform, {}, lambda _: REPORT, soon())


def test_in_a_room_that_stands_it_goes_on() -> None:
    platform = Platform()
    assert started(ROOM, platform).id == "b1"
    assert platform.stopped == []


@pytest.mark.parametrize(
    "standing",
    [
        None,
        replace(ROOM, closed_at=NOON),
        replace(ROOM, session_id="another"),
        replace(ROOM, settings=replace(ROOM.settings, closes_at=NOON - MILLISECOND)),
    ],
    ids=["gone", "deleted", "made anew", "closed"],
)
@pytest.mark.parametrize("available", [True, False])
def test_in_a_room_that_has_closed_meanwhile_it_is_stopped_again(
    standing: Room | None, *, available: bool
) -> None:
    platform = Platform(available=available)
    with pytest.raises(RoomClosed):
        started(standing, platform)
    assert platform.stopped == (["b1"] if available else [])


def test_a_start_leaves_time_to_look_for_what_it_may_have_begun() -> None:
    seconds = 0.0
    looked: list[float] = []

    class Silent(Platform):
        def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:
            assert session_id == ROOM.session_id
            looked.append(deadline.remaining())
            return [REPORT]

    def start(deadline: Deadline) -> MediaReport:
        nonlocal seconds
        seconds += deadline.remaining()
        raise ProviderUnavailable("no answer")

    start_media = StartMedia(lambda *_: ROOM, lambda *_: (), kept, lambda: NOON)
    found = start_media.start(ROOM, Silent(), {}, start, Deadline(8, lambda: seconds))

    assert found.id == "b1"
    assert looked == [SECONDS_TO_RECORD]
