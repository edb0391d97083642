from chalicelib.core.media.track_media import MediaTracker
from chalicelib.core.model.media import EXPIRED, FAILED, UPLOADED, Media
from chalicelib.core.ports.archives import ArchiveFile, ArchivePlatform, ArchiveStorage
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import ArchiveNotReady


class ArchiveSync:
    """Archives on record, stopped, deleted and brought up to date together with the platform's.

    Every method raises `ProviderUnavailable`, `ProviderRefused` and `StoreUnavailable`; what was
    done by then is done, and doing it again does the rest.
    """

    def __init__(
        self, platform: ArchivePlatform, files: ArchiveStorage, follow: MediaTracker
    ) -> None:
        self._platform = platform
        self._files = files
        self._tracker = follow

    def refresh(self, archive: Media, deadline: Deadline) -> Media | None:
        """The archive as the platform has it now; None if it has none of this id.

        That alone removes no record: whoever reads an archive would for one wrong answer lose it.
        """
        report = self._platform.archive(archive.id, deadline)
        return None if report is None else self._tracker.save(report, archive.room_id, deadline)

    def confirm_missing(self, archive: Media, deadline: Deadline) -> None:
        """Have on record how one stands that the platform has also otherwise said it has not."""
        if self.refresh(archive, deadline) is None:
            self._tracker.mark_deleted(archive, deadline)

    def stop(self, archive: Media, deadline: Deadline) -> Media | None:
        """The archive once it is stopped; None if it was not running, which is then on record."""
        report = self._platform.stop(archive.id, deadline)
        if report is None:
            self.confirm_missing(archive, deadline)
            return None
        return self._tracker.save(report, archive.room_id, deadline)

    def delete(self, archive: Media, deadline: Deadline) -> None:
        """Delete the archive and its file, wherever that is.

        Raises:
            ArchiveNotReady: It is being processed yet, or was uploaded to a storage that this
                service does not reach; nothing is deleted.
        """
        if archive.may_change:
            # That it was uploaded may not have been heard of.
            archive = self.refresh(archive, deadline) or archive
        uploaded = archive.status == UPLOADED
        # First, since the platform tells of the deletion, upon which the record is forgotten:
        # a file that could not be deleted would be known to nobody.
        if uploaded and not self._file_deleted(archive, deadline):
            raise out_of_reach()
        if not self._platform.delete(archive.id, deadline):
            standing = self.refresh(archive, deadline)
            # Of these the platform has no file, and lets nothing be deleted.
            if standing is not None and standing.status not in (EXPIRED, FAILED):
                raise ArchiveNotReady(
                    "This archive cannot be deleted yet; try again in a while.", retry_after=10
                )
        if not uploaded:
            # Afterwards, lest one that is not deletable yet be uploaded meanwhile; and of all,
            # since that it was uploaded may not be on record.
            self._file_deleted(archive, deadline)
        self._tracker.mark_deleted(archive, deadline)

    def _file_deleted(self, archive: Media, deadline: Deadline) -> bool:
        file = ArchiveFile.of(archive)
        return file is not None and self._files.delete(file, deadline)


def out_of_reach() -> ArchiveNotReady:
    return ArchiveNotReady(
        "This archive was uploaded to a storage that this service does not reach.",
        note="storage is set at OpenTok and not here: set ARCHIVE_BUCKET, and deploy",
    )
