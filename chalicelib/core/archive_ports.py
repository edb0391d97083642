"""What archives need from outside, told in the rules' own terms."""

from dataclasses import dataclass
from typing import Protocol

from chalicelib.core.deadline import Deadline


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

    @property
    def key(self) -> str:
        """What OpenTok calls it there."""
        return f"{self.project_id}/{self.archive_id}/archive.{'zip' if self.zipped else 'mp4'}"


class ArchiveFiles(Protocol):
    """The owner's own storage, where OpenTok was told to upload archives.

    Both methods raise `StoreUnavailable` if it cannot answer in time.
    """

    def address(self, file: ArchiveFile, deadline: Deadline) -> str | None:
        """Where anybody may fetch the file for some minutes; None without storage of our own."""

    def delete(self, file: ArchiveFile, deadline: Deadline) -> bool:
        """Remove the file, if it is there; False without storage of our own."""
