"""Bytecode that stays valid in a Lambda.

`python -m deploy.packaging.bytecode FOLDER` makes it, by the Python that runs this.

By default, Python compares a module's bytecode with the time of its source. The times in our zip
are not real. Hash-based bytecode does not use them.
"""

import py_compile
import subprocess
import sys
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Final

from deploy.errors import DeployError

TASK_ROOT: Final = "/var/task"
"""The folder into which Lambda unpacks a package, as in tracebacks."""

OURS: Final = ("app.py", "chalicelib")
_PROJECT: Final = Path(__file__).parents[2]


def compile_with(python: Path, folder: Path) -> None:
    """Put bytecode of an interpreter beside every module of an unpacked package.

    Raises:
        DeployError: A module does not compile.
    """
    ran = subprocess.run(  # noqa: S603 - the functions' Python, with fixed arguments
        [python, "-m", __name__, str(folder)],
        cwd=_PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise DeployError(
            ran.stderr.strip().splitlines()[-1],
            "Correct it, or pin another version of that library in requirements.in.",
        )


def compile_all(folder: Path) -> None:
    """Put bytecode beside every module of an unpacked package.

    Bytecode of pinned libraries is not checked, because libraries change only with the whole
    package. Bytecode of our modules is checked by the source's hash, so that old bytecode never
    runs instead of new source.

    Raises:
        DeployError: A module does not compile.
    """
    for module in sorted(folder.rglob("*.py")):
        name = module.relative_to(folder)
        ours = name.parts[0] in OURS
        mode = PycInvalidationMode.CHECKED_HASH if ours else PycInvalidationMode.UNCHECKED_HASH
        try:
            py_compile.compile(
                str(module), dfile=f"{TASK_ROOT}/{name}", doraise=True, invalidation_mode=mode
            )
        except py_compile.PyCompileError as error:
            raise DeployError(
                f"{name} does not compile: {error.exc_value}.",
                "Correct it, or pin another version of that library in requirements.in.",
            ) from error


if __name__ == "__main__":
    try:
        compile_all(Path(sys.argv[1]))
    except DeployError as error:
        sys.exit(str(error))
