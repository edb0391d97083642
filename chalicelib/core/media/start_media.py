"""The start of media: nothing keeps running that is not on record, or whose room has closed."""

from contextlib import suppress
from typing import Final

from chalicelib.core.model.media import Media, MediaKind, as_recorded
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.model.room import Room, State
from chalicelib.core.ports.media_platforms import MediaPlatform, Options, StartRequest
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import increment
from chalicelib.errors import (
    AlreadyBroadcasting,
    AlreadyCaptioning,
    AlreadyRecording,
    ProviderRefused,
    ProviderUnavailable,
    RoomClosed,
    StartUnconfirmed,
    StoreUnavailable,
)

SECONDS_TO_STORE: Final = 2.5
"""The part of a request's time that a start leaves for the record."""

_AlreadyRunning = AlreadyRecording | AlreadyBroadcasting | AlreadyCaptioning
_RUNNING_IDS: Final = {
    AlreadyRecording: (MediaKind.ARCHIVE, "multiArchiveTag", "archiveId"),
    AlreadyBroadcasting: (MediaKind.BROADCAST, "multiBroadcastTag", "broadcastId"),
    AlreadyCaptioning: (MediaKind.CAPTIONS, "", "captionsId"),
}
"""Each refusal's kind, the option that lets several run, and the problem's member for the id."""


class StartMedia:
    """Starts media at OpenTok and stores them.

    It stops them again if they cannot be stored, or if the room has closed.
    """

    def __init__(self, rooms: RoomStore, store: MediaStore, clock: Clock) -> None:
        self._rooms = rooms
        self._store = store
        self._clock = clock

    def start(
        self, room: Room, platform: MediaPlatform, request: StartRequest, deadline: Deadline
    ) -> Media:
        """Start the item and store it.

        Raises:
            AlreadyRecording, AlreadyBroadcasting, AlreadyCaptioning: One is running; the error
                carries its id if it is on record.
            StartUnconfirmed: OpenTok's answer is lost. If the item runs, a callback or
                reconciliation brings it on record.
            RoomClosed: The room was closed meanwhile, so the item was stopped again.
            StoreUnavailable: The item could not be stored, so it was stopped again.
        """
        report = self._request(room, platform, request, deadline)
        try:
            media = report.to_media(room.room_id)
            self._store.save(as_recorded(media), deadline)
            # A closing room is written first, and its media are stopped after that. So either
            # this read sees the closed room, or the closing finds this record.
            over = self._is_over(room, deadline)
        except StoreUnavailable:
            _roll_back(report, platform, deadline)
            raise
        if over:
            _roll_back(report, platform, deadline)
            raise RoomClosed("This room was closed meanwhile.")
        return media

    def _request(
        self, room: Room, platform: MediaPlatform, request: StartRequest, deadline: Deadline
    ) -> MediaReport:
        try:
            report = platform.start(request, deadline.reserve(SECONDS_TO_STORE))
        except (AlreadyRecording, AlreadyBroadcasting, AlreadyCaptioning) as error:
            self._name_running(error, room, request.options, deadline)
            raise
        except ProviderUnavailable as error:
            if error.not_performed:
                raise
            raise StartUnconfirmed(note=error.note) from error
        if report.session_id != room.session_id:
            raise StartUnconfirmed(
                note=f"asked for session {room.session_id}, got {report.session_id}"
            )
        return report

    def _name_running(
        self, error: _AlreadyRunning, room: Room, options: Options, deadline: Deadline
    ) -> None:
        """Add the id of the latest item on record that is in the way, if there is one."""
        kind, tag, member = _RUNNING_IDS[type(error)]
        with suppress(StoreUnavailable):
            in_the_way = [
                each
                for each in self._store.running(room.room_id, deadline)
                if each.kind is kind
                and each.session_id == room.session_id
                and (each.content.get(tag) or None) == options.get(tag)
            ]
            if in_the_way:
                error.extensions[member] = max(in_the_way, key=lambda each: each.created_at).id

    def _is_over(self, room: Room, deadline: Deadline) -> bool:
        current = self._rooms.find(room.name, deadline)
        if current is None or current.session_id != room.session_id:
            return True
        return current.state(self._clock()) is State.CLOSED


def _roll_back(report: MediaReport, platform: MediaPlatform, deadline: Deadline) -> None:
    increment("StartsRolledBack")
    with suppress(ProviderUnavailable, ProviderRefused, StoreUnavailable):
        platform.stop(report.id, deadline)
