"""Archives, stopped, deleted and refreshed at OpenTok and in our record together."""

from chalicelib.core.media.track_media import MediaTracker
from chalicelib.core.model.media import EXPIRED, FAILED, UPLOADED, Media
from chalicelib.core.ports.archives import ArchiveFile, ArchivePlatform, ArchiveStorage
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import ArchiveNotReady


class ArchiveSync:
    """Stops, deletes and updates archives at OpenTok and on record.

    Every method raises `ProviderUnavailable`, `ProviderRefused` and `StoreUnavailable`. A
    repeated call finishes what an earlier call left undone.
    """

    def __init__(
        self, platform: ArchivePlatform, files: ArchiveStorage, tracker: MediaTracker
    ) -> None:
        self._platform = platform
        self._files = files
        self._tracker = tracker

    def refresh(self, archive: Media, deadline: Deadline) -> Media | None:
        """Ask OpenTok about the archive and save the answer; None if OpenTok has none of this id.

        A 404 does not delete the record, because one wrong answer from OpenTok would then lose the
        archive.
        """
        report = self._platform.one(archive.id, deadline)
        return None if report is None else self._tracker.save(report, archive.room_id, deadline)

    def confirm_missing(self, archive: Media, deadline: Deadline) -> None:
        """Ask OpenTok about an archive that its list did not contain.

        The record is updated if OpenTok still has the archive, and marked as deleted if OpenTok
        confirms that it does not.
        """
        if self.refresh(archive, deadline) is None:
            self._tracker.mark_deleted(archive, deadline)

    def stop(self, archive: Media, deadline: Deadline) -> Media | None:
        """Stop the archive and return its new state; None if it was not running."""
        report = self._platform.stop(archive.id, deadline)
        if report is None:
            self.confirm_missing(archive, deadline)
            return None
        return self._tracker.save(report, archive.room_id, deadline)

    def delete(self, archive: Media, deadline: Deadline) -> None:
        """Delete the archive and its file.

        Raises:
            ArchiveNotReady: The archive is still being processed, or its bucket cannot be
                accessed. Nothing is deleted then.
        """
        if not archive.is_final:
            # The callback that reports the upload may be lost.
            archive = self.refresh(archive, deadline) or archive
        uploaded = archive.status == UPLOADED
        # Delete the uploaded file first. Deleting the archive at OpenTok triggers a callback that
        # deletes our record, and a file left behind would then be orphaned.
        if uploaded and not self._file_deleted(archive, deadline):
            raise bucket_inaccessible()
        if not self._platform.delete(archive.id, deadline):
            current = self.refresh(archive, deadline)
            # OpenTok refuses to delete archives that expired or failed, because it has no file.
            if current is not None and current.status not in (EXPIRED, FAILED):
                raise ArchiveNotReady(
                    "This archive cannot be deleted yet. Try again later.", retry_after=10
                )
        if not uploaded:
            # Delete a possible file last: until then OpenTok could still upload it. This is done
            # for every status, because the record may lack the upload.
            self._file_deleted(archive, deadline)
        self._tracker.mark_deleted(archive, deadline)

    def _file_deleted(self, archive: Media, deadline: Deadline) -> bool:
        file = ArchiveFile.of(archive)
        return file is not None and self._files.delete(file, deadline)


def bucket_inaccessible() -> ArchiveNotReady:
    return ArchiveNotReady(
        "The archive was uploaded to a bucket that this service cannot access.",
        note="storage is set at OpenTok and not here: set ARCHIVE_BUCKET, and deploy",
    )
