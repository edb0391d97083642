"""What becomes of what runs in a room that closes, whether or not it can be stopped."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from chalicelib.core.media.stop_media import SECONDS_TO_STOP, StopMedia
from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import (
    ProviderRefused,
    ProviderUnavailable,
    RoomkeyError,
    StoreUnavailable,
)
from tests.support.example_rooms import NOON, soon

if TYPE_CHECKING:
    from chalicelib.core.ports.media_store import MediaStore


def running(kind: MediaKind) -> Media:
    return Media(kind, f"{kind}-1", "room-1", "1_x", "started", NOON, NOON, {})


@dataclass
class Studio:
    """A room in which an archive, a broadcast and captions run.

    Args:
        failure: What the archive's stop ends in.
        unreadable: Whether what runs cannot be read.
    """

    failure: RoomkeyError | None = None
    unreadable: bool = False
    tried: list[str] = field(default_factory=list)
    given: float = 0.0

    def running(self, room_id: str, deadline: Deadline) -> list[Media]:
        assert room_id == "room-1"
        self.given = deadline.remaining()
        if self.unreadable:
            raise StoreUnavailable("It is away.")
        return [running(kind) for kind in MediaKind if kind is not MediaKind.RENDER]

    def stop(self, media: Media, deadline: Deadline) -> None:
        assert deadline.remaining()
        self.tried.append(media.id)
        if self.failure is not None and media.kind is MediaKind.ARCHIVE:
            raise self.failure

    def closes(self) -> bool:
        """Whether all that runs was stopped."""
        stop_media = StopMedia(cast("MediaStore", self), dict.fromkeys(MediaKind, self))
        return stop_media.stop_all("room-1", soon())


@pytest.mark.parametrize(
    ("failure", "done"),
    [
        (None, True),
        (ProviderRefused("It will not."), True),
        (ProviderUnavailable("It is away."), False),
        (StoreUnavailable("It is away."), False),
    ],
    ids=["stopped", "refused", "OpenTok away", "store away"],
)
def test_all_that_runs_is_stopped_and_what_only_asking_again_may_stop_is_told(
    failure: RoomkeyError | None, *, done: bool
) -> None:
    studio = Studio(failure)
    assert studio.closes() is done
    assert studio.tried == ["archive-1", "broadcast-1", "captions-1"]


def test_where_it_cannot_be_read_what_runs_it_is_not_done() -> None:
    studio = Studio(unreadable=True)
    assert studio.closes() is False
    assert studio.tried == []


def test_it_takes_no_more_than_its_part_of_the_time_that_there_is() -> None:
    studio = Studio()
    studio.closes()
    assert 0 < studio.given <= SECONDS_TO_STOP
