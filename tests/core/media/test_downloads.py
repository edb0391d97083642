"""The URL of an archive's file: it opens the file for everybody who has it."""

import pytest

from chalicelib.core.model.media import MediaKind
from chalicelib.errors import ArchiveExpired, ArchiveNotReady
from tests.fakes.service import BOB
from tests.fakes.studio import Studio

URL = "https://opentok.test/archive.mp4?signature=%d"


def download(studio: Studio, archive_id: str) -> str:
    read = studio.service.use_cases.media().read_archives
    return read.download_url(BOB, "standup", archive_id, studio.service.deadline)


def test_a_url_is_not_recorded_and_each_download_has_a_new_one(studio: Studio) -> None:
    service, archives = studio.service, studio.objects(MediaKind.ARCHIVE)
    archive = studio.start(MediaKind.ARCHIVE)
    transcription = {"status": "available", "url": URL % 0}
    archives.move(archive.id, "available", url=URL % 1, transcription=transcription)
    service.deliver()
    for number in (2, 3):
        archives.change(archive.id, url=URL % number)
        assert download(studio, archive.id) == URL % number
    kept = service.stores.media.find(
        archive.room_id, MediaKind.ARCHIVE, archive.id, service.deadline
    )
    assert kept is not None
    assert "signature" not in str(kept.content)
    assert kept.content["transcription"] == {"status": "available", "url": None}


def test_there_is_a_url_only_while_there_is_a_file(studio: Studio) -> None:
    archives, archive = studio.objects(MediaKind.ARCHIVE), studio.start(MediaKind.ARCHIVE)
    for status in ("started", "stopped"):
        archives.move(archive.id, status)
        with pytest.raises(ArchiveNotReady):
            download(studio, archive.id)
    archives.move(archive.id, "expired")
    with pytest.raises(ArchiveExpired):
        download(studio, archive.id)
    studio.service.deliver()
