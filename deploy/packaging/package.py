"""The Lambda package: Chalice's zip without unused files, and with bytecode."""

import base64
import hashlib
import shutil
import sys
import tempfile
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Final
from zipfile import ZIP_STORED

from chalice.config import Config
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
from deploy.packaging.precompiled import write_precompiled
from deploy.packaging.roots import write_roots
from deploy.packaging.shipping import ships
from deploy.stage import Stage

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Package:
    """A finished zip at the path where `chalice deploy` looks for it."""

    path: Path

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
    config = Config(
        stage.name,
        config_from_disk=dict(stage.config),
        user_provided_params={"project_dir": str(stage.project)},
    )
    path = _build_by_chalice(config)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        unpack(path, folder, ships)
        check_complete(folder, stage.project / "requirements.txt", config.lambda_architecture)
        trim_descriptions(folder)
        write_roots(folder)
        write_precompiled(folder, stage.project)
        compile_with(Path(sys.executable), folder)
        pack(folder, path)
    package = Package(path)
    _check_size(package)
    return package


def _build_by_chalice(config: Config) -> Path:
    try:
        built = _chalice_packager(config).create_deployment_package(
            config.project_dir, config.lambda_python_version
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


def _chalice_packager(config: Config) -> LambdaDeploymentPackager:
    files = _Files()
    pip = PipRunner(SubprocessPip(files), files)
    architecture = config.lambda_architecture
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
