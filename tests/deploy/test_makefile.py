"""`make` passes on what an operator types as it is."""

import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def make(tmp_path: Path) -> Path:
    """A folder with the Makefile, whose Python only shows its last argument."""
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nfor each; do :; done; printf %s "$each"\n')
    python.chmod(0o700)
    for name in ("Makefile", "requirements-local.txt"):
        shutil.copy(PROJECT / name, tmp_path)
    (tmp_path / ".venv" / "ready").touch()
    return tmp_path


@pytest.mark.parametrize(
    "user_id", ["auth0|5f7c", "a`touch run`b", "$(shell touch run)", 'a"b', "it's", "pa$word", "-e"]
)
def test_a_users_id_is_no_command_whatever_it_has(make: Path, user_id: str) -> None:
    command = ["make", "--silent", "user-hash", "STAGE=dev", f"ID={user_id}"]
    shown = subprocess.run(command, cwd=make, check=True, capture_output=True, text=True)
    assert shown.stdout == f"--id={user_id}"
    assert not (make / "run").exists()
