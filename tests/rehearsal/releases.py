"""The releases of this project, as its git repository has them."""

import os
import subprocess
from pathlib import Path
from typing import Final

_PROJECT: Final = Path(__file__).parents[2]
_CHOSEN: Final = "FROM"
"""The variable that names another commit to come from."""


def previous_release(folder: Path = _PROJECT) -> str | None:
    """Return the tag of the last release before the current commit, or what FROM names.

    None stands for a repository in which nothing has been released, and for one without history.
    """
    if os.environ.get(_CHOSEN):
        return os.environ[_CHOSEN]
    done = subprocess.run(
        # HEAD^, because HEAD itself may be what is being released.
        ["git", "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", "HEAD^"],  # noqa: S607
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or None
