"""`chalice deploy` and `chalice delete`, in processes of their own."""

import subprocess
import sys
from collections.abc import Mapping
from typing import Final, TextIO

from deploy.errors import DeployError
from deploy.stage import Stage

_CHALICE: Final = "import sys; from chalice.cli import main; sys.exit(main())"


def run_chalice(
    command: str, stage: Stage, environ: Mapping[str, str], region: str, output: TextIO
) -> None:
    """Run a command of Chalice's for this stage, showing what it says; DeployError if it fails."""
    done = subprocess.run(  # noqa: S603 - our own Python, with the arguments that stand here
        [sys.executable, "-c", _CHALICE, command, "--stage", stage.name],
        cwd=stage.project,
        # Bytecode beside our sources would be a new package to Chalice: it builds one anew.
        env={**environ, "PYTHONDONTWRITEBYTECODE": "1", "AWS_DEFAULT_REGION": region},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    output.writelines(f"      {line}\n" for line in _worth_showing(done.stdout))
    output.flush()
    if done.returncode:
        raise DeployError(
            f"`chalice {command}` failed; what it said stands above.",
            "If it lacks a permission, give it to the credentials in use. Running this again "
            "goes on where it stopped: what exists is updated, not made twice.",
        )


def _worth_showing(said: str) -> list[str]:
    """What Chalice says, and of a traceback the errors alone, without where each was raised."""
    said, traceback, rest = said.partition("Traceback (most recent call last):")
    lines = [line for line in said.splitlines() if line.strip()]
    if traceback:
        errors = [line for line in rest.splitlines() if line[:1].strip()]
        lines += [line for line in errors if not line.startswith(_BETWEEN)]
    return lines


_BETWEEN: Final = ("Traceback", "During handling", "The above exception")
