"""A clone of an earlier commit, from which a rehearsal deploys."""

import subprocess
from pathlib import Path

from deploy.stage import PROJECT
from stand_ins.project_clone import new_clone


def test_a_clone_of_a_commit_has_its_files_and_an_operators_settings(tmp_path: Path) -> None:
    made = new_clone(tmp_path, {}, {"AUTH_AUDIENCE": "{stage}"}, "HEAD")
    committed = subprocess.run(
        ["git", "show", "HEAD:Makefile"],  # noqa: S607
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert (made.folder / "Makefile").read_text() == committed.stdout
    assert not (made.folder / "files.tar").exists()
    settings = made.folder / ".chalice" / "settings.prod.toml"
    assert settings.read_text() == 'AUTH_AUDIENCE = "prod"\n'
    assert (made.folder / ".venv").exists()
