"""The folders of a Lambda's process: the function's own, and the runtime client's."""

import hashlib
import io
import shutil
import tempfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Final
from zipfile import ZipFile

_RUNTIME: Final = ("awslambdaric", "simplejson", "snapshot-restore-py")
"""AWS's runtime client and all that it imports."""


def unpack_package(package: bytes, folder: Path) -> None:
    """Unpack a zip into a new folder in which only root can write."""
    folder.mkdir()
    with ZipFile(io.BytesIO(package)) as packed:
        packed.extractall(folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


class UnpackedPackages:
    """Zips, each unpacked once for all functions that run it."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="roomkey-packages-"))

    def folder_of(self, package: bytes) -> Path:
        """Return the folder with the zip's files, in which only root can write."""
        folder = self._folder / hashlib.sha256(package).hexdigest()
        if not folder.exists():
            unpack_package(package, folder)
        return folder

    def remove(self) -> None:
        remove(self._folder)


def copy_runtime_client(folder: Path) -> None:
    """Copy the runtime client into a folder that holds no other Python package."""
    for name in _RUNTIME:
        found = distribution(name)
        for file in found.files or ():
            if ".." not in file.parts:  # the client's command, which is not needed
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(found.locate_file(file)), folder / file)


def remove(folder: Path) -> None:
    """Remove a folder with all its content, read-only files too."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)
