"""Reproducible zip files: the same files give the same bytes."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

_TIME: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644 << 16


def unpack(archive: Path, folder: Path, wanted: Callable[[str], bool]) -> None:
    """Extract the wanted files of a zip into a folder."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder, [name for name in packed.namelist() if wanted(name)])


def pack(folder: Path, archive: Path) -> None:
    """Create a zip of a folder's files. The zip gets its name only when it is complete."""
    unfinished = archive.with_suffix(".unfinished")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _TIME)
                entry.external_attr = _MODE
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, path.read_bytes())
    unfinished.replace(archive)
