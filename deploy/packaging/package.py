"""The Lambda package: Chalice's zip without unused files, and with bytecode."""

import base64
import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Final
from zipfile import ZIP_STORED

from chalice.constants import MAX_LAMBDA_DEPLOYMENT_SIZE
from chalice.deploy.packager import (
    DependencyBuilder,
    LambdaDeploymentPackager,
    NoSuchPackageError,
    PackageDownloadError,
    PipRunner,
    SubprocessPip,
)
from chalice.utils import UI, OSUtils

from deploy.errors import DeployError
from deploy.packaging.archive import pack, unpack
from deploy.packaging.aws_descriptions import trim_descriptions
from deploy.packaging.bytecode import compile_with
from deploy.packaging.completeness import check_complete
from deploy.packaging.lambda_python import find_python, without_python
from deploy.packaging.precompiled import write_precompiled
from deploy.packaging.roots import write_roots
from deploy.packaging.shipping import ships
from deploy.stage import Stage

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Package:
    """A finished zip at the path where `chalice deploy` looks for it.

    Args:
        path: The zip's path.
        python: The version of Python that it is for, such as `3.13`.
        architecture: The machines that it is for, such as `x86_64`.
        is_compiled: False if nothing in it is compiled, because that Python is not on this machine.
    """

    path: Path
    python: str
    architecture: str
    is_compiled: bool = True

    @property
    def lines(self) -> list[str]:
        """The lines that tell an operator of it."""
        size = (
            f"package {self.path.name}: {self.megabytes:.1f} MB, for Python {self.python} on "
            f"{self.architecture}"
        )
        return [size] if self.is_compiled else [size, without_python(self.python)]

    @property
    def sha256(self) -> str:
        """The zip's hash in Lambda's format."""
        return base64.b64encode(hashlib.sha256(self.path.read_bytes()).digest()).decode()

    @property
    def megabytes(self) -> float:
        return self.path.stat().st_size / _MIB


def build_package(stage: Stage) -> Package:
    """Build the stage's package under the name that `chalice deploy` expects.

    Chalice reuses a zip with the right name unchecked, even an incomplete one from an interrupted
    run. So this function empties the folder first.

    Raises:
        DeployError: A library has no wheel for Lambda, a module does not compile, or the package is
            too large.
    """
    _delete_earlier_builds(stage.project)
    path = _build_by_chalice(stage)
    python = find_python(stage.python, stage.project)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        unpack(path, folder, ships)
        requirements = stage.project / "requirements.txt"
        check_complete(folder, requirements, stage.architecture, stage.python)
        trim_descriptions(folder)
        write_roots(folder)
        if python is not None:
            write_precompiled(folder, stage.project, python)
            compile_with(python, folder)
        pack(folder, path)
    package = Package(path, stage.python, stage.architecture, is_compiled=python is not None)
    _check_size(package)
    return package


def _build_by_chalice(stage: Stage) -> Path:
    try:
        built = _chalice_packager(stage.python, stage.architecture).create_deployment_package(
            str(stage.project), f"python{stage.python}"
        )
    except (NoSuchPackageError, PackageDownloadError) as error:
        raise DeployError(
            f"pip could not fetch the libraries: {error}",
            "Check this machine's connection to PyPI, then run this again.",
        ) from error
    return Path(built)


def _delete_earlier_builds(project: Path) -> None:
    """Delete old zips, and our bytecode, because the name of Chalice's zip depends on it."""
    shutil.rmtree(project / ".chalice" / "deployments", ignore_errors=True)
    for folder in (project / "chalicelib").rglob("__pycache__"):
        shutil.rmtree(folder, ignore_errors=True)


class _Files(OSUtils):
    ZIP_DEFLATED = ZIP_STORED  # Chalice's zip is unpacked at once, so compressing it is in vain.


class LambdasPip(PipRunner):
    """Chalice's pip, which would take wheels for the running Python alone.

    Args:
        pip: Runs pip.
        files: Chalice's files.
        python: The version of Lambda's Python, such as `3.13`.
    """

    def __init__(self, pip: SubprocessPip, files: OSUtils, python: str) -> None:
        super().__init__(pip, files)
        self._version = python

    def download_manylinux_wheels(
        self, abi: str, packages: list[str], directory: str, platforms: list[str] | None = None
    ) -> None:
        """Download the wheels for Lambda of these packages, such as `six==1.17.0`, if there are."""
        wanted = [f"--platform={each}" for each in platforms or ()]
        wanted += [f"--abi={each}" for each in (abi, "abi3", "none")]
        for package in packages:
            self._execute(
                "download",
                [
                    *("--only-binary=:all:", "--no-deps", "--implementation=cp"),
                    *wanted,
                    f"--python-version={self._version}",
                    f"--dest={directory}",
                    package,
                ],
            )


def _chalice_packager(python: str, architecture: str) -> LambdaDeploymentPackager:
    files = _Files()
    pip = LambdasPip(SubprocessPip(files), files, python)
    return LambdaDeploymentPackager(
        files, DependencyBuilder(files, pip, architecture), UI(StringIO()), architecture
    )


def _check_size(package: Package) -> None:
    if package.path.stat().st_size > MAX_LAMBDA_DEPLOYMENT_SIZE:
        raise DeployError(
            f"The package has {package.megabytes:.1f} MB; Lambda allows "
            f"{MAX_LAMBDA_DEPLOYMENT_SIZE / _MIB:.0f} MB.",
            "Remove a library, or leave out more of its files (deploy/packaging/shipping.py).",
        )
