"""Zip files that come out the same, byte for byte, whenever the same files go in."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

_TIME: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644 << 16


def unpack(archive: Path, folder: Path, wanted: Callable[[str], bool]) -> None:
    """Put the wanted files of a zip into a folder."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder, [name for name in packed.namelist() if wanted(name)])


def pack(folder: Path, archive: Path) -> None:
    """Make a zip of all that lies in a folder; half a zip is never seen under its name."""
    unfinished = archive.with_suffix(".unfinished")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _TIME)
                entry.external_attr = _MODE
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, path.read_bytes())
    unfinished.replace(archive)
