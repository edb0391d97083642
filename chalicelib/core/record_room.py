"""What moderators do about a room's archives: begin, change, end and delete them."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from chalicelib.core.archive_ports import ArchivePlatform
from chalicelib.core.deadline import Deadline
from chalicelib.core.follow_media import FollowMedia
from chalicelib.core.identity import User
from chalicelib.core.kept_archives import KeptArchives
from chalicelib.core.lost_starts import just_begun
from chalicelib.core.measurements import count
from chalicelib.core.media import Media, MediaStore
from chalicelib.core.media_reports import MediaReport
from chalicelib.core.media_rules import STREAMS_NOT_MANUAL, check_can_be_processed
from chalicelib.core.ports import Clock
from chalicelib.core.read_archives import find_archive
from chalicelib.core.read_rooms import ReadRooms
from chalicelib.core.rooms import Room
from chalicelib.errors import (
    ArchiveNotReady,
    ArchiveNotRunning,
    FieldProblem,
    InvalidField,
    ProviderRefused,
    ProviderUnavailable,
    StreamNotFound,
    StreamsNotManual,
)

SECONDS_TO_LOOK: Final = 2.5
"""What a start leaves of its request's time, to look for the archive if the answer is lost."""


class RecordRoom:
    """Begins archives and rules over those of a room."""

    def __init__(
        self,
        *,
        rooms: ReadRooms,
        store: MediaStore,
        platform: ArchivePlatform,
        follow: FollowMedia,
        kept: KeptArchives,
        clock: Clock,
    ) -> None:
        self._rooms = rooms
        self._store = store
        self._platform = platform
        self._follow = follow
        self._kept = kept
        self._clock = clock

    def start(
        self, user: User, name: str, options: Mapping[str, object], deadline: Deadline
    ) -> tuple[Room, Media]:
        """Begin to record the room, with the platform's own options.

        Raises:
            RoomClosed, NotRouted, EncryptedRoom: It cannot be recorded.
            NobodyConnected: Nobody is in.
            AlreadyRecording: Another archive of this tag, or of none, is running.
            ProviderUnavailable: Whether it began is not known; if it did, it comes on record.
        """
        room = self._rooms.moderated(user, name, "record it", deadline)
        asked_at = self._clock()
        check_can_be_processed(room, asked_at)
        in_time = deadline.sooner_by(SECONDS_TO_LOOK)
        try:
            report = self._platform.start(room.session_id, options, in_time)
        except ProviderUnavailable:
            found = self._begun(room, options, asked_at, deadline)
            if found is None:
                raise
            count("LostStartsFound")
            report = found
        return room, self._follow.keep(report, room.room_id, deadline)

    def stop(
        self, user: User, name: str, archive_id: str, deadline: Deadline
    ) -> tuple[Room, Media]:
        """Raises: ArchiveNotRunning: It has ended already."""
        room, archive = self._running(user, name, archive_id, "stop its archives", deadline)
        stopped = self._kept.stop(archive, deadline)
        if stopped is None:
            raise _not_running(archive_id)
        return room, stopped

    def set_layout(
        self,
        user: User,
        name: str,
        archive_id: str,
        layout: Mapping[str, object],
        deadline: Deadline,
    ) -> tuple[Room, Media]:
        """Raises: ArchiveNotRunning: It has ended."""
        room, archive = self._running(user, name, archive_id, "change its archives", deadline)
        if archive.content.get("outputMode") == "individual":
            raise InvalidField(FieldProblem("type", "is impossible: this archive is individual"))
        if not self._platform.set_layout(archive_id, layout, deadline):
            raise _not_running(archive_id)
        return room, archive

    def change_streams(
        self,
        user: User,
        name: str,
        archive_id: str,
        change: Mapping[str, object],
        deadline: Deadline,
    ) -> None:
        """Take a stream into the archive, or leave it out.

        Raises:
            ArchiveNotRunning: It has ended.
            StreamsNotManual: It takes its streams by itself.
            StreamNotFound: The stream is not in the room.
        """
        _, archive = self._running(user, name, archive_id, "change its archives", deadline)
        if archive.content.get("streamMode") == "auto":
            raise StreamsNotManual(STREAMS_NOT_MANUAL)
        if not self._platform.change_streams(archive_id, change, deadline):
            raise StreamNotFound("There is no such stream in this room.")

    def delete(self, user: User, name: str, archive_id: str, deadline: Deadline) -> None:
        """Raises: ArchiveNotReady: It runs, or is being processed."""
        room = self._rooms.moderated(user, name, "delete its archives", deadline)
        archive = find_archive(self._store, room, archive_id, deadline)
        if archive.is_running:
            raise ArchiveNotReady("This archive is still being recorded; stop it first.")
        if not self._kept.delete(archive, deadline):
            raise ArchiveNotReady(
                "This archive is still being processed; try again in a while.", retry_after=10
            )

    def _running(
        self, user: User, name: str, archive_id: str, to_do: str, deadline: Deadline
    ) -> tuple[Room, Media]:
        room = self._rooms.moderated(user, name, to_do, deadline)
        archive = find_archive(self._store, room, archive_id, deadline)
        if not archive.is_running:
            raise _not_running(archive_id)
        return room, archive

    def _begun(
        self, room: Room, options: Mapping[str, object], asked_at: datetime, deadline: Deadline
    ) -> MediaReport | None:
        """The archive whose start's answer was lost, if it can be found at once."""
        with suppress(ProviderUnavailable, ProviderRefused):
            listed = self._platform.archives_of(room.session_id, deadline)
            return just_begun(listed, options, asked_at)
        return None


def _not_running(archive_id: str) -> ArchiveNotRunning:
    return ArchiveNotRunning(f"The archive {archive_id} is not running any more.")
