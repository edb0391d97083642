"""Ports: OpenTok's archives, their files, and the schedules that delete them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from chalicelib.core.model.media import Media
from chalicelib.core.ports.media_platforms import Options, ReadableMediaPlatform
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import owning_project_id


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """A finished archive's file, as OpenTok uploads it to a bucket of the operator's.

    Args:
        project_id: The API key or the application id under which the archive was made.
        archive_id: The archive's id.
        zipped: True if the file holds the streams one by one instead of one film.
    """

    project_id: str
    archive_id: str
    zipped: bool

    @classmethod
    def of(cls, archive: Media) -> Self | None:
        """Return the archive's file; None if OpenTok never reported its project."""
        project_id = owning_project_id(archive.content)
        if project_id is None:
            return None
        return cls(project_id, archive.id, archive.content.get("outputMode") == "individual")

    @property
    def key(self) -> str:
        """The object key that OpenTok gives the file."""
        return f"{self.project_id}/{self.archive_id}/archive.{'zip' if self.zipped else 'mp4'}"


class ArchiveStorage(Protocol):
    """The operator's own bucket, if OpenTok uploads archives to one.

    Both methods raise `StoreUnavailable` if the bucket does not answer in time.
    """

    def download_url(self, file: ArchiveFile, deadline: Deadline) -> str | None:
        """Return a URL that opens the file for some minutes; None without a bucket."""

    def delete(self, file: ArchiveFile, deadline: Deadline) -> bool:
        """Delete the file if it exists; return False without a bucket."""


class ArchivePlatform(ReadableMediaPlatform, Protocol):
    """OpenTok's archives; OpenTok lists those that are not deleted."""

    def set_layout(self, archive_id: str, layout: Options, deadline: Deadline) -> bool:
        """Change the layout; return False if the archive is not running."""

    def change_streams(self, archive_id: str, change: Options, deadline: Deadline) -> bool:
        """Add or remove a stream; return False if there is no such stream or archive.

        Raises:
            StreamsNotManual: OpenTok chooses the streams of this archive.
        """

    def delete(self, archive_id: str, deadline: Deadline) -> bool:
        """Delete an archive and OpenTok's file of it.

        Returns:
            False if it cannot be deleted yet, or there is none of this id.
        """


@dataclass(frozen=True, slots=True)
class RetentionSchedule:
    """The rule of a room that keeps its archives for a limited time.

    Args:
        days: The number of days, counted from an archive's start.
    """

    room_id: str
    room_name: str
    days: int


class RetentionStore(Protocol):
    """The schedules by which archives are deleted; they outlive their rooms.

    The room store writes a schedule together with its room. Every method raises `StoreUnavailable`.
    """

    def rooms_due(self, now: datetime, limit: int, deadline: Deadline) -> Sequence[str]:
        """Return ids of rooms whose schedules are due, the longest due first.

        The list may lag behind the last writes, and may repeat an id.
        """

    def schedule(self, room_id: str, deadline: Deadline) -> RetentionSchedule | None:
        """Return the room's schedule; None if the room keeps its archives without limit."""

    def reschedule(
        self,
        schedule: RetentionSchedule,
        next_look: datetime,
        deadline: Deadline,
        *,
        may_expire: bool,
    ) -> None:
        """Set when the schedule is due next, unless its days have changed meanwhile.

        Args:
            schedule: The schedule as it was read.
            next_look: The time at which the next archive may be due.
            deadline: The time by which this must be written.
            may_expire: True if the room is gone and has no archives left, so that DynamoDB may
                delete the schedule some days after that.
        """
