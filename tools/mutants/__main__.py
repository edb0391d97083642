"""`make mutants`: take each rule out of a copy of the project, and run the tests there.

The fast suites run first. Only a rule whose absence they do not notice costs all of `make test`.
A failing test counts if it fails again alone, and passes with the rule back in its place.
"""

import json
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

import pytest

from tools.mutants.rules import DOMAINS, PROJECT, Rule, rules

LEAST_CAUGHT: Final = 57
SIDE_BY_SIDE: Final = 2
SUITES: Final = (
    ("tests/core", "tests/unit"),
    (
        *(
            "tests/contract/sessions/test_connections.py",
            "tests/contract/sessions/test_session_store.py",
        ),
        *(
            "tests/contract/media/test_media_store.py",
            "tests/contract/media/test_retention_store.py",
        ),
        "tests/contract/rooms/test_room_changes.py",
    ),
    (
        *("tests/api", "tests/contract"),
        "--ignore=tests/contract/sessions/test_interleavings.py",
    ),
    ("tests",),
)
"""The tests of each step, the fastest first."""
ONLY_THE_LAST_FAILURE: Final = ("--last-failed", "--last-failed-no-failures=none")
LAST_FAILURES: Final = ".pytest_cache/v/cache/lastfailed"
_LEFT_OUT: Final = shutil.ignore_patterns(
    *(".git", ".venv", ".local", "node_modules", "__pycache__", ".pytest_cache")
)


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
    for suite in SUITES:
        file.write_text(rule.without(source))
        try:
            test = _failing_test(suite, copy)
        finally:
            file.write_text(source)
        if test is None:
            continue
        if not _passes(copy, *ONLY_THE_LAST_FAILURE, *suite):
            raise RuntimeError(f"With all rules in their places, this fails: {test}")
        print(f"caught {rule.domain}: {rule.name}\n    {test}", flush=True)
        return True
    print(f"NOT CAUGHT {rule.domain}: {rule.name}", flush=True)
    return False


def _failing_test(suite: Iterable[str], copy: Path) -> str | None:
    """Return the first test that fails, if it fails again alone, and so not by chance."""
    if _passes(copy, "--exitfirst", "--cache-clear", *suite):
        return None
    failed: dict[str, bool] = json.loads((copy / LAST_FAILURES).read_text())
    return None if _passes(copy, *ONLY_THE_LAST_FAILURE, *suite) else next(iter(failed))


def _passes(copy: Path, *arguments: str) -> bool:
    command = [".venv/bin/python", "-m", "pytest", "--quiet", *arguments]
    # Bytecode is not written: two versions of a file within a second would share it.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(  # noqa: S603  the command is ours
        command, cwd=copy, env=environment, capture_output=True, check=False, text=True
    )
    if run.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"pytest ran no tests: {run.stdout}{run.stderr}")
    return run.returncode == pytest.ExitCode.OK


def _report(tried: Sequence[tuple[Rule, bool]], *, complete: bool) -> int:
    caught = sum(each for _, each in tried)
    for domain in DOMAINS:
        of_domain = [each for rule, each in tried if rule.domain == domain]
        print(f"{domain}: {sum(of_domain)} of {len(of_domain)} caught")
    print(f"{caught} of {len(tried)} rules are held by the tests")
    return 1 if complete and caught < LEAST_CAUGHT else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
