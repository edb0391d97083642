"""The module with the methods that `dataclasses` generates for the app.

`python -m deploy.packaging.generated_methods MODULE` prints the texts of a module and of all that
it imports, as JSON. That module is imported as in a Lambda.
"""

import builtins
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from chalicelib.generated_methods import FUNCTION, MODULE
from deploy.errors import DeployError

SETTINGS: Final[Mapping[str, str]] = {
    "AUTH_AUDIENCE": "package",
    "AUTH_ISSUER": "https://issuer.invalid/",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
    "AWS_REGION": "us-east-1",
    "OPENTOK_SECRET_ID": "package",
    "ROOMS_TABLE": "package",
}
"""Settings with which a Lambda loads what a join needs. Nothing is called."""


def write_methods(folder: Path, project: Path, module: str = "app") -> None:
    """Write the module into an unpacked package.

    The texts come from a process that imports the project with this machine's libraries, because
    those of the package may be for another machine.

    Raises:
        DeployError: The project cannot be imported.
    """
    ran = subprocess.run(  # noqa: S603 - our Python, with fixed arguments
        [sys.executable, "-m", __name__, module],
        cwd=project,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONDONTWRITEBYTECODE": "1", **SETTINGS},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise DeployError(
            f"The app cannot be imported: {ran.stderr.strip().splitlines()[-1]}",
            "Correct app.py, or what it imports.",
        )
    (folder / f"{MODULE}.py").write_text(_source(json.loads(ran.stdout)), encoding="utf-8")


def _source(texts: Iterable[str]) -> str:
    parts = ["FUNCTIONS = {}\n"]
    parts += (f"{text}\nFUNCTIONS[{text!r}] = {FUNCTION}\n" for text in texts)
    return "".join(parts)


def _texts(module: str) -> list[str]:
    """Import a module and return the texts that are run meanwhile, each once."""
    texts: dict[str, None] = {}

    def execute(text: str, names: dict[str, Any], local: dict[str, Any]) -> None:
        builtins.exec(text, names, local)  # noqa: S102 - as `dataclasses` does
        if FUNCTION in local:
            texts[text] = None

    vars(dataclasses)["exec"] = execute
    import_module(module)
    return list(texts)


if __name__ == "__main__":
    found = _texts(sys.argv[1])
    sys.stdout.write(json.dumps(found))
