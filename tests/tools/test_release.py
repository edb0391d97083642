"""`make release` tags no commit but the one that is to be released, and names all that is wrong."""

import shutil
import sys
from datetime import date
from pathlib import Path

import pytest

from deploy.errors import DeployError
from tests.support.git import git
from tools.release.changelog import Section
from tools.release.checks import check_commit, check_release, note_commit
from tools.release.files import write_files
from tools.release.repository import Repository

TODAY = date(2026, 3, 1)
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
SECTION = Section("0.2.0", TODAY, "### Added\n\n- A room.")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone on main in which version 0.2.0 can be released."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "docs").mkdir()
    (folder / "docs" / "upgrading.md").write_text("# Upgrading\n\n## 0.2.0\n\nNothing.\n")
    (folder / "CHANGELOG.md").write_text(
        f"# Changelog\n\n## [0.2.0] - {TODAY}\n\n{SECTION.text}\n\n## [0.1.0] - 2026-02-01\n"
    )
    git(folder, "init", "--quiet", "--template=", "--initial-branch=main")
    for name, value in {"user.name": "Ann", "user.email": "ann@roomkey.test"}.items():
        git(folder, "config", name, value)
    commit(folder)
    return folder


@pytest.fixture
def project(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that clone, where nothing of this machine's settings of git counts."""
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, "/dev/null")
    return shutil.copytree(template, tmp_path / "project")


def commit(project: Path) -> None:
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=All")


def faults(project: Path, version: str = "0.2.0", python: str = RUNNING) -> str:
    with pytest.raises(DeployError) as refused:
        check_release(version, project, TODAY, python)
    return f"{refused.value}\n{refused.value.remedy}"


def test_a_commit_with_all_that_a_release_needs_can_be_released(project: Path) -> None:
    assert check_release("0.2.0", project, TODAY, RUNNING) == SECTION


def test_files_that_are_not_committed_are_named(project: Path) -> None:
    (project / "new.py").touch()
    (project / "CHANGELOG.md").write_text("# Changelog\n")
    said = faults(project)
    assert "CHANGELOG.md" in said
    assert "new.py" in said


@pytest.mark.parametrize(("options", "branch"), [(["-b", "mend"], "mend"), (["--detach"], "none")])
def test_another_branch_than_main_is_refused(
    project: Path, options: list[str], branch: str
) -> None:
    git(project, "checkout", "--quiet", *options)
    assert f"The branch is {branch}, and not main." in faults(project)


def test_a_version_is_released_once(project: Path) -> None:
    git(project, "tag", "v0.2.0")
    assert "there is a tag v0.2.0" in faults(project)


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("[0.2.0] - unreleased", "says unreleased, and today is 2026-03-01"),
        ("[0.2.0] - 2026-02-28", "says 2026-02-28, and today is 2026-03-01"),
        ("[0.1.0] - 2026-03-01", "is that of 0.1.0, not 0.2.0"),
        ("Unreleased", 'The title "Unreleased"'),
    ],
)
def test_a_section_with_another_title_is_refused_with_the_right_one(
    project: Path, title: str, said: str
) -> None:
    page = project / "CHANGELOG.md"
    page.write_text(page.read_text().replace(f"[0.2.0] - {TODAY}", title))
    commit(project)
    found = faults(project)
    assert said in found
    assert "Its title must be: ## [0.2.0] - 2026-03-01" in found


def test_a_commit_that_no_test_has_seen_is_not_released(project: Path) -> None:
    with pytest.raises(DeployError, match="another commit"):
        check_commit(project)
    note_commit(project)
    check_commit(project)
    git(project, "commit", "--quiet", "--allow-empty", "--message=Too late")
    with pytest.raises(DeployError, match="another commit"):
        check_commit(project)


def test_a_section_without_changes_is_refused(project: Path) -> None:
    (project / "CHANGELOG.md").write_text(f"# Changelog\n\n## [0.2.0] - {TODAY}\n")
    commit(project)
    assert "CHANGELOG.md says nothing of 0.2.0." in faults(project)


def test_a_version_without_a_note_for_who_upgrades_is_refused(project: Path) -> None:
    (project / "docs" / "upgrading.md").write_text("## 0.2.0.1\n\n## 0.1.0\n")
    commit(project)
    assert "docs/upgrading.md has no note on 0.2.0." in faults(project)


def test_a_zip_that_nothing_here_can_compile_is_not_released(project: Path) -> None:
    assert "There is no Python 3.0 on this machine" in faults(project, python="3.0")


def test_all_that_is_wrong_is_named_in_one_go(project: Path) -> None:
    git(project, "checkout", "--quiet", "-b", "mend")
    (project / "new.py").touch()
    said = faults(project, "0.3.0")
    assert said.startswith("4 things are not right.")
    for each in ("1. Files", "2. The branch", "3. The first section", "4. docs/upgrading.md"):
        assert each in said


def test_a_tag_has_the_message_as_it_stands_headings_too(project: Path) -> None:
    repository = Repository(project)
    repository.tag("v0.2.0", f"Roomkey 0.2.0\n\n{SECTION.text}\n")
    assert repository.has_tag("v0.2.0")
    assert not repository.has_tag("v0.2")
    message = git(project, "tag", "--list", "--format=%(contents)", "v0.2.0")
    assert message.strip() == f"Roomkey 0.2.0\n\n{SECTION.text}"
    with pytest.raises(DeployError, match="already exists"):
        repository.tag("v0.2.0", "again")


def test_a_zip_that_another_build_would_not_give_is_not_released(tmp_path: Path) -> None:
    built = tmp_path / "built.zip"

    def build() -> Path:
        before = built.read_bytes() if built.exists() else b""
        built.write_bytes(before + b"more")
        return built

    with pytest.raises(DeployError, match="Two builds of the package differ"):
        write_files(SECTION, tmp_path, tmp_path / "release", build)
