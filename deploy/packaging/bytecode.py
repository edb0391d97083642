"""Bytecode that stays valid in a Lambda.

By default, Python compares a module's bytecode with the time of its source. The times in our zip
are not real. Hash-based bytecode does not use them.
"""

import subprocess
from pathlib import Path
from typing import Final

from deploy.errors import DeployError

_COMPILER: Final = Path(__file__).with_name("compile_modules.py")


def compile_with(python: Path, folder: Path) -> None:
    """Put an interpreter's bytecode beside every module of an unpacked package.

    It is always the same bytes.

    Bytecode of pinned libraries is not checked, because libraries change only with the whole
    package. Bytecode of our modules is checked by the source's hash, so that old bytecode never
    runs instead of new source.

    Raises:
        DeployError: A module does not compile.
    """
    done = subprocess.run(  # noqa: S603 - the functions' Python, with fixed arguments
        # Neither packages nor variables of this machine are to make a difference.
        [python, "-I", "-S", _COMPILER],
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DeployError(
            done.stderr.strip(),
            "Correct it, or pin another version of that library in requirements.in.",
        )
