"""Starts: the time that is left to record them, and what a refusal names."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import pytest

from chalicelib.core.media.start_media import SECONDS_TO_STORE, StartMedia
from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.model.room import Room
from chalicelib.core.ports.media_platforms import StartRequest
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import (
    AlreadyBroadcasting,
    ProviderUnavailable,
    RoomkeyError,
    StartUnconfirmed,
    StoreUnavailable,
)
from tests.support.stores.example_rooms import MILLISECOND, NOON, a_room

if TYPE_CHECKING:
    from chalicelib.core.ports.media_store import MediaStore
    from chalicelib.core.ports.room_store import RoomStore

ROOM = a_room()
REPORT = MediaReport(
    MediaKind.BROADCAST, "b1", ROOM.session_id, "started", NOON, NOON, {"id": "b1"}
)
REQUEST_SECONDS = 8


@dataclass
class Studio:
    """OpenTok, a room's record and the record of its media.

    Args:
        answer: OpenTok's answer to a start, which comes at the last moment.
        recorded: What is on record as running; None if it cannot be read.
    """

    answer: MediaReport | RoomkeyError = REPORT
    recorded: list[Media] | None = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    seconds: float = 0.0
    lookups: int = 0

    # OpenTok.

    def start(self, request: StartRequest, deadline: Deadline) -> MediaReport:
        assert request.session_id == ROOM.session_id
        self.seconds += deadline.remaining()
        if isinstance(self.answer, RoomkeyError):
            raise self.answer
        return self.answer

    def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:
        raise AssertionError(session_id, deadline)

    def stop(self, media_id: str, deadline: Deadline) -> None:
        assert deadline.remaining()
        self.stopped.append(media_id)

    # The records.

    def find(self, name: str, deadline: Deadline) -> Room:
        assert name == ROOM.name
        assert deadline.remaining()
        return ROOM

    def save(self, media: Media, deadline: Deadline) -> bool:
        assert media.room_id == ROOM.room_id
        assert deadline.remaining() == SECONDS_TO_STORE
        return True

    def running(self, room_id: str, deadline: Deadline) -> list[Media]:
        assert room_id == ROOM.room_id
        assert deadline.remaining()
        self.lookups += 1
        if self.recorded is None:
            raise StoreUnavailable("It is away.")
        return self.recorded

    def starts(self, **options: str) -> Media:
        start_media = StartMedia(
            cast("RoomStore", self),
            cast("MediaStore", self),
            lambda: NOON,
        )
        deadline = Deadline(REQUEST_SECONDS, lambda: self.seconds)
        return start_media.start(ROOM, self, StartRequest(ROOM.session_id, options), deadline)


def test_in_an_open_room_it_goes_on_and_time_was_left_to_record_it() -> None:
    studio = Studio()
    assert studio.starts().id == "b1"
    assert studio.stopped == []
    assert studio.seconds == REQUEST_SECONDS - SECONDS_TO_STORE
    assert studio.lookups == 0


@pytest.mark.parametrize(
    "answer",
    [
        ProviderUnavailable("It is silent.", note="POST broadcast: Timeout"),
        replace(REPORT, session_id="another"),
    ],
    ids=["lost", "about another session"],
)
def test_a_start_that_opentok_did_not_confirm_is_neither_searched_nor_stopped(
    answer: MediaReport | RoomkeyError,
) -> None:
    studio = Studio(answer=answer)
    with pytest.raises(StartUnconfirmed) as raised:
        studio.starts()
    assert raised.value.note
    assert raised.value.retry_after
    assert (studio.stopped, studio.lookups) == ([], 0)


BROADCAST = replace(REPORT.to_media(ROOM.room_id), content={"multiBroadcastTag": "a"})


@pytest.mark.parametrize(
    ("recorded", "tag", "named"),
    [
        ([BROADCAST], "a", "b1"),
        ([replace(BROADCAST, id="b2", created_at=NOON + MILLISECOND), BROADCAST], "a", "b2"),
        ([BROADCAST], "b", None),
        ([BROADCAST], None, None),
        ([replace(BROADCAST, content={})], None, "b1"),
        ([replace(BROADCAST, content={"multiBroadcastTag": ""})], None, "b1"),
        ([replace(BROADCAST, kind=MediaKind.ARCHIVE)], "a", None),
        ([replace(BROADCAST, session_id="an earlier one")], "a", None),
        ([], "a", None),
        (None, "a", None),
    ],
    ids=[
        *("its tag", "the latest", "another tag", "no tag wanted", "no tag", "an empty tag"),
        *("another kind", "an earlier session", "none on record", "record unreadable"),
    ],
)
def test_a_refused_start_names_the_one_on_record_that_is_in_the_way(
    recorded: list[Media] | None, tag: str | None, named: str | None
) -> None:
    studio = Studio(answer=AlreadyBroadcasting("It is running."), recorded=recorded)
    options = {} if tag is None else {"multiBroadcastTag": tag}
    with pytest.raises(AlreadyBroadcasting) as raised:
        studio.starts(**options)
    assert raised.value.extensions.get("broadcastId") == named
    assert studio.lookups == 1
