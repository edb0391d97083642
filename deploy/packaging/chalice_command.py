"""The commands `chalice deploy` and `chalice delete`, each run in a new process.

The process gets Chalice's configuration at its standard input, and what Chalice is to add to its
calls. The configuration has the operator's own settings, and one of them is secret.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TextIO

from deploy.errors import DeployError
from deploy.stage import PROJECT, Stage

_CHALICE: Final = "deploy.packaging.configured_chalice"


def run_chalice(
    command: str, stage: Stage, environ: Mapping[str, str], region: str, output: TextIO
) -> None:
    """Run a Chalice command for this stage and print its output.

    Raises:
        DeployError: The command failed.
    """
    with subprocess.Popen(  # noqa: S603 - our Python, with fixed arguments
        [sys.executable, "-m", _CHALICE, command, stage.name, str(stage.project)],
        cwd=PROJECT,
        # Bytecode beside our sources would make Chalice build a new package.
        env={
            **environ,
            "AWS_DEFAULT_REGION": region,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        if process.stdin is not None:
            demands = stage.account_settings.demands
            given = {"config": stage.chalice_config, "demands": demands, "python": stage.python}
            json.dump(given, process.stdin)
            process.stdin.close()
        for line in readable_output(process.stdout or ()):
            print(f"      {line}", file=output, flush=True)
    if process.returncode:
        raise DeployError(
            f"`chalice {command}` failed; its output is above.",
            "If a permission is missing, docs/rights.md says which ones deploying needs. Run this "
            "again to continue: existing resources are updated, not created twice.",
        )


def readable_output(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of Chalice's output, with only the errors of its tracebacks."""
    failed = False
    for line in map(str.rstrip, lines):
        failed = failed or line.startswith(_TRACEBACK)
        between = line.startswith((_TRACEBACK, "During handling", "The above exception"))
        if line and not (failed and (between or line[0].isspace())):
            yield line


_TRACEBACK: Final = "Traceback (most recent call last):"
