"""The zips whose cold starts are compared, each built as its owner would build it."""

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
    """Ours as `make package` builds it, ours as Chalice does, and Chalice's own example."""

    ours: Path
    plain: Path
    hello: Path


def build_packages(folder: Path) -> Packages:
    """Build all three, of the sources as they lie here."""
    clone_folder = folder / "roomkey"
    clone_folder.mkdir()
    settings = {"AUTH_ISSUER": ISSUER, "AUTH_AUDIENCE": AUDIENCE}
    clone = new_clone(clone_folder, dict(os.environ), settings)
    packaged = clone.make("package", _STAGE)
    if packaged.status:
        raise RuntimeError(packaged.output)
    ours = (clone_folder / "build" / "deployment.zip").rename(folder / "ours.zip")
    (clone_folder / ".chalice" / "deployments").rename(folder / "deployments-of-ours")
    _chalice(folder, "new-project", "hello")
    return Packages(
        ours, _plainly(clone_folder, folder / "plain"), _plainly(folder / "hello", folder / "bare")
    )


def _plainly(project: Path, target: Path) -> Path:
    """The zip that a plain `chalice deploy` would upload."""
    _chalice(project, "package", "--stage", _STAGE, str(target))
    return target / "deployment.zip"


def _chalice(project: Path, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own Python
        [sys.executable, "-c", _CHALICE, *arguments],
        cwd=project,
        # Plain, but not compiled by accident: Chalice ships what bytecode lies in chalicelib.
        env={**os.environ, "AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
