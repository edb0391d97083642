"""The checks before a release: that the commit is the one that is to be released."""

import sys
from datetime import date
from pathlib import Path
from typing import Final

from deploy.errors import DeployError, check_all
from deploy.packaging.lambda_python import find_interpreter
from tools.release.changelog import Section, read_sections
from tools.release.repository import Repository

BRANCH: Final = "main"
_TESTED: Final = Path("build") / "tested-commit"
"""The file, below the project, with the commit whose tests a release has begun."""
_SHOWN_FILES: Final = 5


def tag_of(version: str) -> str:
    return f"v{version}"


def check_release(version: str, project: Path, today: date, python: str) -> Section:
    """Return the changelog's section of the version that is released.

    Args:
        version: The version in the code.
        project: The clone's folder.
        today: The day in UTC.
        python: The version of the functions' Python, which must compile the package.

    Raises:
        DeployError: Something is missing or not committed. The text names all of it.
    """
    repository = Repository(project)
    check_all(
        lambda: _check_committed(repository),
        lambda: _check_branch(repository),
        lambda: _check_not_released(repository, version),
        lambda: _check_changelog(project, version, today),
        lambda: _check_note(project, version),
        lambda: _check_python(python),
    )
    return _newest(project)


def note_commit(project: Path) -> None:
    """Note which commit is tested from now on."""
    (project / _TESTED).parent.mkdir(exist_ok=True)
    (project / _TESTED).write_text(Repository(project).commit(), encoding="utf-8")


def check_commit(project: Path) -> None:
    """Refuse to release another commit than the one that was tested.

    Raises:
        DeployError: Something was committed during the tests, or there were none.
    """
    tested = project / _TESTED
    if not tested.exists() or tested.read_text("utf-8") != Repository(project).commit():
        raise DeployError(
            "The tests ran on another commit than the last one.",
            "Run `make release` again, and commit nothing until it ends.",
        )


def _check_committed(repository: Repository) -> None:
    changed = repository.changed_files()
    if changed:
        more = ["and more"] if len(changed) > _SHOWN_FILES else []
        shown = ", ".join([*changed[:_SHOWN_FILES], *more])
        raise DeployError(
            f"Files are not committed: {shown}.",
            "Commit them, or remove them. A tag names a commit.",
        )


def _check_branch(repository: Repository) -> None:
    branch = repository.branch()
    if branch != BRANCH:
        raise DeployError(
            f"The branch is {branch or 'none'}, and not {BRANCH}.",
            f"Merge into {BRANCH}, then: git checkout {BRANCH}",
        )


def _check_not_released(repository: Repository, version: str) -> None:
    if repository.has_tag(tag_of(version)):
        raise DeployError(
            f"Version {version} has been released: there is a tag {tag_of(version)}.",
            "Raise VERSION in chalicelib/__init__.py, and follow CONTRIBUTING.md, A new version.",
        )


def _newest(project: Path) -> Section:
    return read_sections((project / "CHANGELOG.md").read_text(encoding="utf-8"))[0]


def _check_changelog(project: Path, version: str, today: date) -> None:
    title = f"## [{version}] - {today.isoformat()}"
    remedy = f"Its title must be: {title}"
    try:
        section = _newest(project)
    except (ValueError, IndexError) as error:
        raise DeployError(f"CHANGELOG.md has no section to release: {error}", remedy) from error
    if section.version != version:
        raise DeployError(
            f"The first section of CHANGELOG.md is that of {section.version}, not {version}.",
            remedy,
        )
    if section.released != today:
        day = section.released or "unreleased"
        raise DeployError(
            f"The first section of CHANGELOG.md says {day}, and today is {today} (UTC).", remedy
        )
    if not section.changes:
        raise DeployError(
            f"CHANGELOG.md says nothing of {version}.", "Write what users and operators notice."
        )


def _check_note(project: Path, version: str) -> None:
    lines = (project / "docs" / "upgrading.md").read_text(encoding="utf-8").splitlines()
    if f"## {version}" not in lines:
        raise DeployError(
            f"docs/upgrading.md has no note on {version}.",
            f'Write what operators do, below "## {version}". If that is nothing, write so.',
        )


def _check_python(version: str) -> None:
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if version != running and find_interpreter(version) is None:
        raise DeployError(
            f"There is no Python {version} on this machine, so the zip would have no bytecode.",
            f"Install it: .venv/bin/uv python install {version}",
        )
