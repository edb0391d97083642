"""Bytecode that holds in a Lambda.

Python checks a module's bytecode against the source's time unless it is told otherwise, and a
zip's times are made up. Bytecode by hash does not look at them.
"""

import py_compile
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Final

from deploy.errors import DeployError

TASK_ROOT: Final = "/var/task"
"""Where Lambda unpacks a package, and so what its tracebacks name."""

OURS: Final = ("app.py", "chalicelib")


def compile_all(folder: Path) -> None:
    """Put bytecode beside every module of an unpacked package.

    Pinned libraries change only with the whole package, so theirs is not checked. Ours is, by the
    source's hash: stale bytecode never runs in place of new source.

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
