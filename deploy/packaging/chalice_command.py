"""`chalice deploy` and `chalice delete`, in processes of their own."""

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TextIO

from deploy.errors import DeployError
from deploy.stage import Stage

_CHALICE: Final = "import sys; from chalice.cli import main; sys.exit(main())"


def run_chalice(
    command: str, stage: Stage, environ: Mapping[str, str], region: str, output: TextIO
) -> None:
    """Run a command of Chalice's for this stage, showing what it says; DeployError if it fails."""
    with subprocess.Popen(  # noqa: S603 - our own Python, with the arguments that stand here
        [sys.executable, "-c", _CHALICE, command, "--stage", stage.name],
        cwd=stage.project,
        # Bytecode beside our sources would be a new package to Chalice: it builds one anew.
        env={
            **environ,
            "AWS_DEFAULT_REGION": region,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in worth_showing(process.stdout or ()):
            print(f"      {line}", file=output, flush=True)
    if process.returncode:
        raise DeployError(
            f"`chalice {command}` failed; what it said stands above.",
            "If it lacks a permission, give it to the credentials in use. Running this again "
            "goes on where it stopped: what exists is updated, not made twice.",
        )


def worth_showing(lines: Iterable[str]) -> Iterator[str]:
    """What Chalice says, and of its tracebacks the errors alone, without where they were raised."""
    failed = False
    for line in map(str.rstrip, lines):
        failed = failed or line.startswith(_TRACEBACK)
        between = line.startswith((_TRACEBACK, "During handling", "The above exception"))
        if line and not (failed and (between or line[0].isspace())):
            yield line


_TRACEBACK: Final = "Traceback (most recent call last):"
