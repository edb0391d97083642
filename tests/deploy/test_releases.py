"""The previous release is found in git."""

from pathlib import Path

import pytest

from tests.rehearsal.releases import previous_release
from tests.support.git import git


def commit(folder: Path, *tags: str) -> None:
    as_ann = ("-c", "user.name=Ann", "-c", "user.email=ann@roomkey.test")
    git(folder, *as_ann, "commit", "--quiet", "--allow-empty", "--message=A change")
    for tag in tags:
        git(folder, "tag", tag)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("FROM", raising=False)
    git(tmp_path, "init", "--quiet", "--template=", "--initial-branch=main")
    return tmp_path


def test_nothing_is_released_in_a_clone_without_tags_of_versions(clone: Path) -> None:
    assert previous_release(clone) is None
    commit(clone, "before-a-try")
    commit(clone)
    assert previous_release(clone) is None


def test_the_previous_release_is_the_last_one_before_this_commit(clone: Path) -> None:
    commit(clone, "v0.1.0")
    commit(clone, "v0.2.0")
    assert previous_release(clone) == "v0.1.0"
    commit(clone)
    assert previous_release(clone) == "v0.2.0"


def test_another_commit_can_be_chosen(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(clone, "v0.1.0")
    commit(clone)
    monkeypatch.setenv("FROM", "main~1")
    assert previous_release(clone) == "main~1"
