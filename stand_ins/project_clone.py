"""A clone of this project, as another engineer or a CI server has it."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.settings.sources import operators_file
from deploy.stage import PROJECT

_DEPLOYS_WITH: Final = "requirements-local.txt"
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - what is made in it has names of its own
_ROOM_FOR_A_PACKAGE: Final = 2 * 1024**3


@dataclass(frozen=True)
class Clone:
    """A folder with the project's files, and the variables that its commands run with."""

    folder: Path
    environment: Mapping[str, str]

    def make(self, target: str, stage: str, typed_input: str = "", **variables: str) -> "Outcome":
        """Run `make target STAGE=stage` with this standard input."""
        done = subprocess.run(  # noqa: S603 - our own Makefile
            # -o: the clone uses this project's .venv and must not build it again.
            ["make", "-o", ".venv/ready", target, f"STAGE={stage}"],  # noqa: S607
            cwd=self.folder,
            env={**self.environment, **variables},
            input=typed_input,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        return Outcome(done.returncode, done.stdout)

    def run(self, command: str) -> "Outcome":
        """Run a command of a shell in the clone."""
        done = subprocess.run(  # noqa: S603 - our own commands
            ["/bin/sh", "-c", command],
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        return Outcome(done.returncode, done.stdout)


@dataclass(frozen=True)
class Outcome:
    """A command's exit status, and all that it printed."""

    status: int
    output: str


def new_clone(
    folder: Path,
    environment: Mapping[str, str],
    settings: Mapping[str, str],
    commit: str | None = None,
) -> Clone:
    """Copy the files that git tracks or would add, and write an operator's own settings.

    In a setting `{stage}` stands for the name of the stage.

    Args:
        folder: The clone's folder, which exists and is empty.
        environment: The variables that the clone's commands run with.
        settings: The operator's settings of dev and prod.
        commit: The commit whose files are taken. None takes those of the working tree.
    """
    if commit is None:
        _copy_working_tree(folder)
    else:
        _extract(commit, folder)
    _give_venv(folder)
    for stage in ("dev", "prod"):
        own = {name: value.format(stage=stage) for name, value in settings.items()}
        lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in own.items())
        (folder / operators_file(stage)).write_text(lines, encoding="utf-8")
    return Clone(folder, environment)


def _copy_working_tree(folder: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)


def _extract(commit: str, folder: Path) -> None:
    archive = folder / "files.tar"
    subprocess.run(  # noqa: S603 - a commit of ours
        ["git", "archive", f"--output={archive}", commit],  # noqa: S607
        cwd=PROJECT,
        check=True,
    )
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    archive.unlink()


def _give_venv(folder: Path) -> None:
    """Let a clone use this project's libraries, if it deploys with the same, or else its own."""
    here, there = ((each / _DEPLOYS_WITH).read_text() for each in (PROJECT, folder))
    if here == there:
        (folder / ".venv").symlink_to(PROJECT / ".venv")
    else:
        subprocess.run(  # noqa: S603 - our own Makefile
            ["make", f"PYTHON={sys.executable}", ".venv/ready"],  # noqa: S607
            cwd=folder,
            check=True,
        )


def operators_environment(folder: Path, internet: Mapping[str, str], region: str) -> dict[str, str]:
    """Return this process's variables with another home and without AWS settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    kept = {name: value for name, value in kept.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return {
        **kept,
        **internet,
        "HOME": str(folder),
        "TMPDIR": _scratch_folder(),
        # pip keeps its downloads below the real home, so that they are not repeated.
        "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR") or str(Path.home() / ".cache" / "pip"),
        "AWS_REGION": region,
        "AWS_ACCESS_KEY_ID": "deployer",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _scratch_folder() -> str:
    """Return a folder in memory if there is room: a package has ten thousand short-lived files."""
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_FOR_A_PACKAGE:
        return str(_MEMORY)
    return tempfile.gettempdir()
