"""`make` passes on what an operator types as it is."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the Makefile, whose Python only shows its arguments."""
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):  # of `make test`, which may run this
        monkeypatch.delenv(name, raising=False)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nprintf "%s\\\\0" "$@"\n')
    python.chmod(0o700)
    for name in ("Makefile", "requirements-local.txt", "requirements-dev.txt"):
        shutil.copy(PROJECT / name, tmp_path)
    (tmp_path / ".venv" / "ready").touch()
    return tmp_path


TYPED = 'a`touch run`b $(shell touch run) "it\'s" pa$word $(HOME) #'
COMMANDS = {
    "token": ("--", "USER"),
    "stage": ("stage", "NAME", "--kind=KIND"),
    "usage": ("usage", "STAGE", "--month=MONTH", "--csv=CSV"),
    "user-data": ("user-data", "STAGE", "--id=ID", "--out=OUT"),
    "user-hash": ("user-hash", "STAGE", "--id=ID"),
    "rooms": ("rooms", "STAGE", "--after=AFTER"),
    "who": ("who", "STAGE", "--room=ROOM", "--after=AFTER"),
    "free": ("free", "STAGE", "--room=ROOM"),
    "export": ("STAGE", "--format=FORMAT", "--out=OUT"),
    **{
        name: (name, "STAGE")
        for name in (
            *(
                "deploy",
                "settings",
                "sign-in-check",
                "secret",
                "account-secret",
                "callbacks",
                "archive-storage",
            ),
            *("privacy-key", "privacy-check", "bearer-help", "package", "destroy"),
        )
    },
}
FLAGS = {"token": "ADMIN", "archive-storage": "OFF", "user-data": "ERASE", "free": "END"}


def passed(make: Path, target: str, **given: str) -> list[str]:
    """Return the arguments that a target passes on, after the module's name."""
    command = ["make", "--silent", target, *(f"{name}={each}" for name, each in given.items())]
    shown = subprocess.run(command, cwd=make, check=True, capture_output=True, text=True)
    return shown.stdout.split("\0")[2:-1]


@pytest.mark.parametrize("target", COMMANDS)
def test_what_an_operator_types_is_no_command_whatever_it_has(make: Path, target: str) -> None:
    names = [re.sub(r"^--\w+=", "", each) for each in COMMANDS[target]]
    given = {name: f"{name}: {TYPED}" for name in names if name.isupper()}
    expected = [re.sub(r"[A-Z]+$", lambda name: given[name[0]], each) for each in COMMANDS[target]]
    assert passed(make, target, **given) == expected
    assert not (make / "run").exists()


@pytest.mark.parametrize(("target", "flag"), FLAGS.items())
def test_a_flag_is_no_command_either(make: Path, target: str, flag: str) -> None:
    is_on = passed(make, target, **{flag: TYPED})
    assert passed(make, target, **{flag: "1"}) == is_on != passed(make, target)
    assert passed(make, target, **{flag: "no"}) == passed(make, target)
    assert not (make / "run").exists()


def commands_of(make: Path, *given: str) -> str:
    """Return the commands that `make` would run."""
    command = ["make", "--dry-run", *given]
    return subprocess.run(command, cwd=make, check=True, capture_output=True, text=True).stdout


def test_some_of_the_tests_are_chosen_by_who_types_them_and_by_no_environment(
    make: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "tests/core" in commands_of(make, "test", "TESTS=tests/core")
    monkeypatch.setenv("TESTS", "tests/core")
    assert "tests/core" not in commands_of(make, "test")


def test_a_release_runs_all_tests_whatever_is_typed(make: Path) -> None:
    commands = commands_of(make, "release", "TESTS=tests/core")
    assert "-m pytest -n" in commands
    assert "tests/core" not in commands


def test_every_target_of_operators_is_tested() -> None:
    text = (PROJECT / "Makefile").read_text()
    assert set(re.findall(r"-m deploy ([a-z-]+)", text)) == set(COMMANDS) - {"token", "export"}


def test_a_token_for_the_check_of_sign_in_is_read_as_it_is(make: Path) -> None:
    python = make / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\nprintf %s "$BEARER"\n')
    command = ["make", "--silent", "sign-in-check", f"BEARER={TYPED}"]
    shown = subprocess.run(command, cwd=make, check=True, capture_output=True, text=True)
    assert shown.stdout == TYPED
    assert not (make / "run").exists()


@pytest.mark.parametrize("user_id", ["auth0|5f7c", "-e", "--erase", ""])
def test_an_id_is_never_taken_for_an_option(make: Path, user_id: str) -> None:
    assert passed(make, "user-hash", STAGE="dev", ID=user_id)[-1] == f"--id={user_id}"
