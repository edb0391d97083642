"""A program that puts bytecode beside each module below the current folder.

It runs in a process of its own, and imports Python's own library alone. Python writes a short text
in another way if the process has met it before, so bytecode depends on the process that makes it.
"""

import py_compile
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

TASK_ROOT = "/var/task"
"""The folder into which Lambda unpacks a package, as in tracebacks."""
OURS = ("app.py", "chalicelib")


def main() -> int:
    for module in sorted(Path().rglob("*.py")):
        ours = module.parts[0] in OURS
        mode = PycInvalidationMode.CHECKED_HASH if ours else PycInvalidationMode.UNCHECKED_HASH
        try:
            py_compile.compile(
                str(module), dfile=f"{TASK_ROOT}/{module}", doraise=True, invalidation_mode=mode
            )
        except py_compile.PyCompileError as error:
            print(f"{module} does not compile: {error.exc_value}.", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
