"""The zips whose cold starts are compared, each built by its usual command."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.surroundings import AUDIENCE, ISSUER
from stand_ins.project_clone import new_clone

_CHALICE = "import sys; from chalice.cli import main; sys.exit(main())"
_STAGE = "dev"


@dataclass(frozen=True, slots=True)
class Packages:
    """Our zip from `make package`, our zip from Chalice, and Chalice's example."""

    ours: Path
    plain: Path
    hello: Path


def build_packages(folder: Path) -> Packages:
    """Build all three from the current sources."""
    clone_folder = folder / "roomkey"
    clone_folder.mkdir()
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    settings = {"AUTH_ISSUER": ISSUER, "AUTH_AUDIENCE": AUDIENCE, "LAMBDA_PYTHON": python}
    clone = new_clone(clone_folder, dict(os.environ), settings)
    packaged = clone.make("package", _STAGE)
    if packaged.status:
        raise RuntimeError(packaged.output)
    ours = (clone_folder / "build" / "deployment.zip").rename(folder / "ours.zip")
    (clone_folder / ".chalice" / "deployments").rename(folder / "deployments-of-ours")
    _chalice(folder, "new-project", "hello")
    return Packages(
        ours,
        _build_plain(clone_folder, folder / "plain"),
        _build_plain(folder / "hello", folder / "bare"),
    )


def _build_plain(project: Path, target: Path) -> Path:
    """Build the zip that a plain `chalice deploy` uploads."""
    _chalice(project, "package", "--stage", _STAGE, str(target))
    return target / "deployment.zip"


def _chalice(project: Path, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own Python
        [sys.executable, "-c", _CHALICE, *arguments],
        cwd=project,
        # Write no bytecode, because Chalice would ship it.
        env={**os.environ, "AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
