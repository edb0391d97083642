"""What archives need from outside, told in the rules' own terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from chalicelib.core.model.media import Media
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.ports.media_platforms import MediaPlatform
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.parsing import owning_project_id


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """A finished archive's file, as OpenTok uploads it to an owner's own storage.

    Args:
        project_id: The API key, or the application id, that the archive was made under.
        archive_id: The archive's.
        zipped: Whether it holds the streams one by one, instead of one film.
    """

    project_id: str
    archive_id: str
    zipped: bool

    @classmethod
    def of(cls, archive: Media) -> Self | None:
        """The archive's; None where it was never told whose project's it is."""
        project_id = owning_project_id(archive.content)
        if project_id is None:
            return None
        return cls(project_id, archive.id, archive.content.get("outputMode") == "individual")

    @property
    def key(self) -> str:
        """What OpenTok calls it there."""
        return f"{self.project_id}/{self.archive_id}/archive.{'zip' if self.zipped else 'mp4'}"


class ArchiveStorage(Protocol):
    """The owner's own storage, where OpenTok was told to upload archives.

    Both methods raise `StoreUnavailable` if it cannot answer in time.
    """

    def download_url(self, file: ArchiveFile, deadline: Deadline) -> str | None:
        """Where anybody may fetch the file for some minutes; None without storage of our own."""

    def delete(self, file: ArchiveFile, deadline: Deadline) -> bool:
        """Remove the file, if it is there; False without storage of our own."""


class ArchivePlatform(MediaPlatform, Protocol):
    """What can be asked of the platform about archives; it lists those that are not deleted."""

    def start(
        self, session_id: str, options: Mapping[str, object], deadline: Deadline
    ) -> MediaReport:
        """Begin to record. It is asked once: what is not known to have begun may have.

        Raises:
            NobodyConnected: There is nobody to record.
            NotRouted: The session's media do not pass the platform.
            AlreadyRecording: Another archive of this tag, or of none, is running.
        """

    def archive(self, archive_id: str, deadline: Deadline) -> MediaReport | None:
        """How an archive stands, with a fresh address if it has one; None if it is gone."""

    def set_layout(self, archive_id: str, layout: Mapping[str, object], deadline: Deadline) -> bool:
        """Lay the streams out otherwise from now on; False if the archive is not running."""

    def change_streams(
        self, archive_id: str, change: Mapping[str, object], deadline: Deadline
    ) -> bool:
        """Take a stream in or leave it out; False if there is no such stream or archive.

        Raises:
            StreamsNotManual: The archive takes its streams by itself.
        """

    def delete(self, archive_id: str, deadline: Deadline) -> bool:
        """Delete an archive and what the platform keeps of it.

        Returns:
            False if it cannot be yet, or there is none of this id.
        """


@dataclass(frozen=True, slots=True)
class RetentionSchedule:
    """The archives of a room that keeps them for a while only.

    Args:
        days: For how many days each is kept from its beginning.
    """

    room_id: str
    room_name: str
    days: int


class RetentionStore(Protocol):
    """Which rooms' archives are due to be looked through; it outlives rooms.

    The room store writes a schedule together with its room. Every method raises `StoreUnavailable`.
    """

    def due_schedules(self, now: datetime, limit: int, deadline: Deadline) -> Sequence[str]:
        """Ids of rooms whose archives are due, the longest due first; lags and may repeat."""

    def schedule(self, room_id: str, deadline: Deadline) -> RetentionSchedule | None:
        """The room's; None where it keeps its archives for ever."""

    def reschedule(
        self, schedule: RetentionSchedule, next_look: datetime, deadline: Deadline, *, forget: bool
    ) -> None:
        """Have it due again then, unless its days have changed meanwhile.

        Args:
            schedule: As it was read.
            next_look: When something is due next.
            deadline: By when to have it written.
            forget: Whether it may vanish some days later, if it is not looked through again.
        """
