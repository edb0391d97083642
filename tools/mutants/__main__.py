"""`make mutants`: take each rule out of a copy of the project, and run the tests there.

The fast suites run first. Only a rule whose absence they do not notice costs all of `make test`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from tools.mutants.rules import DOMAINS, PROJECT, Rule, rules

LEAST_CAUGHT: Final = 57
SIDE_BY_SIDE: Final = 2
SUITES: Final = (
    ("tests/core", "tests/unit"),
    ("tests/contract", "tests/api", "--ignore=tests/contract/test_interleavings.py"),
    ("tests",),
)
"""The tests of each step, the fastest first."""
_LEFT_OUT: Final = shutil.ignore_patterns(".git", ".venv", ".local", "node_modules", "__pycache__")


def main(wanted: Sequence[str]) -> int:
    """Try all rules, or those whose name or domain contains one of these words."""
    chosen = [
        rule
        for rule in rules()
        if not wanted or any(each in f"{rule.domain} {rule.name}" for each in wanted)
    ]
    with tempfile.TemporaryDirectory() as folder:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(SIDE_BY_SIDE):
            copies.put(_copy(Path(folder) / str(number)))

        def attempt(rule: Rule) -> bool:
            copy = copies.get()
            try:
                return _is_caught(rule, copy)
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            caught = list(pool.map(attempt, chosen))
    return _report(list(zip(chosen, caught, strict=True)), complete=not wanted)


def _copy(target: Path) -> Path:
    shutil.copytree(PROJECT, target, ignore=_LEFT_OUT)
    (target / ".venv").symlink_to(PROJECT / ".venv")
    return target


def _is_caught(rule: Rule, copy: Path) -> bool:
    file = copy / rule.file
    source = file.read_text()
    file.write_text(rule.without(source))
    try:
        for suite in SUITES:
            if not _passes(suite, copy):
                print(f"caught by {suite[0]:15} {rule.domain}: {rule.name}", flush=True)
                return True
    finally:
        file.write_text(source)
    print(f"NOT CAUGHT {' ':15} {rule.domain}: {rule.name}", flush=True)
    return False


def _passes(suite: Iterable[str], copy: Path) -> bool:
    command = [".venv/bin/python", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *suite]
    # Bytecode is not written: two versions of a file within a second would share it.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(  # noqa: S603  the command is ours
        command, cwd=copy, env=environment, capture_output=True, check=False
    )
    return run.returncode == 0


def _report(tried: Sequence[tuple[Rule, bool]], *, complete: bool) -> int:
    caught = sum(each for _, each in tried)
    for domain in DOMAINS:
        of_domain = [each for rule, each in tried if rule.domain == domain]
        print(f"{domain}: {sum(of_domain)} of {len(of_domain)} caught")
    print(f"{caught} of {len(tried)} rules are held by the tests")
    return 1 if complete and caught < LEAST_CAUGHT else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
