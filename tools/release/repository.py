"""The project's git repository, as far as a release asks it."""

import subprocess
from pathlib import Path

from deploy.errors import DeployError


class Repository:
    """A clone.

    Args:
        folder: The clone's top folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def changed_files(self) -> list[str]:
        """Return the files that differ from the last commit, and those that git does not know."""
        return [line[3:] for line in self._git("status", "--porcelain").splitlines()]

    def branch(self) -> str:
        """Return the branch's name. It is empty where none is checked out."""
        return self._git("branch", "--show-current").strip()

    def commit(self) -> str:
        """Return the last commit's hash."""
        return self._git("rev-parse", "HEAD").strip()

    def has_tag(self, name: str) -> bool:
        return self._git("tag", "--list", name).strip() == name

    def tag(self, name: str, message: str) -> None:
        """Tag the last commit, with this message as it stands."""
        self._git("tag", "--annotate", "--cleanup=verbatim", f"--message={message}", name)

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603 - our own arguments
            ["git", *arguments],  # noqa: S607
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise DeployError(
                f"git {arguments[0]} failed: {done.stderr.strip()}",
                "Correct this, then run this again.",
            )
        return done.stdout
