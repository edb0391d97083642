"""The files of archives: the same content at every request."""

import io
import json
import zipfile

TRANSCRIPT = "transcription.json"
CONTENT_TYPES = {
    "archive.mp4": "video/mp4",
    "archive.zip": "application/zip",
    TRANSCRIPT: "application/json",
}


def media_file(archive_id: str, name: str) -> bytes:
    """Return one of `CONTENT_TYPES`: well-formed, and empty but for the archive's id."""
    if name == "archive.zip":
        return _zipped(archive_id)
    if name == TRANSCRIPT:
        return json.dumps({"archiveId": archive_id, "transcripts": []}).encode()
    return _box(b"ftyp", b"isom\0\0\2\0isommp41") + _box(b"free", archive_id.encode())


def _box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + kind + content


def _zipped(archive_id: str) -> bytes:
    """Return a zip with OpenTok's manifest; it has no media and no dates, so it never varies."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        manifest = json.dumps({"id": archive_id, "files": []})
        archive.writestr(zipfile.ZipInfo(f"{archive_id}.json"), manifest)
    return file.getvalue()
