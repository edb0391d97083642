"""The zips whose cold starts are compared, each built by its usual command."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bench.surroundings import AUDIENCE, ISSUER
from deploy.packaging.lambda_python import POSSIBLE, find_interpreter
from stand_ins.project_clone import Clone, new_clone

_CHALICE = "import sys; from chalice.cli import main; sys.exit(main())"
_STAGE = "dev"
_RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, slots=True)
class Packages:
    """Our zip from `make package`, our zip from Chalice, and Chalice's example.

    Args:
        others: Our zip for each other Python of Lambda's. None where this machine has none.
    """

    ours: Path
    plain: Path
    hello: Path
    others: Mapping[str, "OtherPython | None"]


@dataclass(frozen=True, slots=True)
class OtherPython:
    """Another Python of Lambda's: its interpreter, AWS's runtime client for it, and our zip."""

    interpreter: Path
    runtime: Path
    package: Path


def build_packages(folder: Path) -> Packages:
    """Build all of them from the current sources."""
    clone_folder = folder / "roomkey"
    clone_folder.mkdir()
    settings = {"AUTH_ISSUER": ISSUER, "AUTH_AUDIENCE": AUDIENCE}
    clone = new_clone(clone_folder, dict(os.environ), settings)
    others = {
        python: _build_other(clone, python, folder / python)
        for python in POSSIBLE
        if python != _RUNNING
    }
    ours = _build_ours(clone, _RUNNING, folder / "ours.zip")
    (clone_folder / ".chalice" / "deployments").rename(folder / "deployments-of-ours")
    _chalice(folder, "new-project", "hello")
    return Packages(
        ours,
        _build_plain(clone_folder, folder / "plain"),
        _build_plain(folder / "hello", folder / "bare"),
        others,
    )


def _build_ours(clone: Clone, python: str, target: Path) -> Path:
    packaged = clone.make("package", _STAGE, ROOMKEY_LAMBDA_PYTHON=python)
    if packaged.status:
        raise RuntimeError(packaged.output)
    return (clone.folder / "build" / "deployment.zip").rename(target)


def _build_other(clone: Clone, python: str, folder: Path) -> OtherPython | None:
    interpreter = find_interpreter(python)
    if interpreter is None:
        return None
    runtime = folder / "runtime"
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", f"--target={runtime}"]
    client = f"awslambdaric=={version('awslambdaric')}"
    subprocess.run(  # noqa: S603 - uv of .venv
        [*command, f"--python={interpreter}", client], check=True
    )
    return OtherPython(interpreter, runtime, _build_ours(clone, python, folder / "ours.zip"))


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
