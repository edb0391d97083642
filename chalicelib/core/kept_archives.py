from chalicelib.core.archive_ports import ArchiveFile, ArchiveFiles, ArchivePlatform
from chalicelib.core.deadline import Deadline
from chalicelib.core.follow_media import FollowMedia
from chalicelib.core.media import EXPIRED, FAILED, UPLOADED, Media


class KeptArchives:
    """Archives on record, stopped, deleted and brought up to date together with the platform's.

    Every method raises `ProviderUnavailable`, `ProviderRefused` and `StoreUnavailable`; what was
    done by then is done, and doing it again does the rest.
    """

    def __init__(self, platform: ArchivePlatform, files: ArchiveFiles, follow: FollowMedia) -> None:
        self._platform = platform
        self._files = files
        self._follow = follow

    def refresh(self, archive: Media, deadline: Deadline) -> Media | None:
        """The archive as the platform has it now; None if it is gone there."""
        report = self._platform.archive(archive.id, deadline)
        if report is None:
            self._follow.forget(archive, deadline)
            return None
        return self._follow.keep(report, archive.room_id, deadline)

    def stop(self, archive: Media, deadline: Deadline) -> Media | None:
        """The archive once it is stopped; None if it was not running, which is then on record."""
        report = self._platform.stop(archive.id, deadline)
        if report is None:
            self.refresh(archive, deadline)
            return None
        return self._follow.keep(report, archive.room_id, deadline)

    def delete(self, archive: Media, deadline: Deadline) -> bool:
        """Delete the archive and its file, wherever that is; False if it cannot be yet."""
        uploaded = archive.status == UPLOADED
        if uploaded:
            # First, since the platform tells of the deletion, upon which the record is forgotten:
            # a file that could not be deleted would be known to nobody.
            self._delete_file(archive, deadline)
        if not self._platform.delete(archive.id, deadline):
            standing = self.refresh(archive, deadline)
            # Of these the platform has no file, and lets nothing be deleted.
            if standing is not None and standing.status not in (EXPIRED, FAILED):
                return False
        if not uploaded:
            # Afterwards, lest one that is not deletable yet be uploaded meanwhile; and of all,
            # since that it was uploaded may not be on record.
            self._delete_file(archive, deadline)
        self._follow.forget(archive, deadline)
        return True

    def _delete_file(self, archive: Media, deadline: Deadline) -> None:
        file = ArchiveFile.of(archive)
        if file is not None:
            self._files.delete(file, deadline)
