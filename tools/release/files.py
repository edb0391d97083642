"""The files of a release: the Lambda package, its bill of materials, and their hashes."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from deploy.errors import DeployError
from tools.release.bill_of_materials import bill_of_materials
from tools.release.changelog import Section

HASHES: Final = "SHA256SUMS"


def write_files(
    section: Section, project: Path, folder: Path, build: Callable[[], Path]
) -> list[Path]:
    """Write the files into a folder, in place of all that is in it, and return their paths.

    Args:
        section: The changelog's section of the released version.
        project: The folder with the pinned requirements.
        folder: The folder to write.
        build: Builds the Lambda package, and returns its path.

    Raises:
        DeployError: A file could not be made, or two builds of the package differ.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    name = f"roomkey-{section.version}"
    package = folder / f"{name}.zip"
    shutil.copyfile(build(), package)
    digest = sha256_of(package)
    if sha256_of(build()) != digest:
        raise DeployError(
            "Two builds of the package differ, so nobody could check the zip.",
            f"Compare {package} with the one in .chalice/deployments. Correct what differs.",
        )
    materials = folder / f"{name}.cdx.json"
    materials.write_text(bill_of_materials(section, project, digest), encoding="utf-8")
    hashes = folder / HASHES
    hashes.write_text(
        "".join(f"{sha256_of(each)}  {each.name}\n" for each in (package, materials)),
        encoding="utf-8",
    )
    return [package, materials, hashes]


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
