"""The client guides, next to the npm packages that their code needs.

`python -m tests.support.programs.client_packages` installs the packages.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.programs.installed import NotInstalledError, need, run

_ROOT = Path(__file__).parents[3]
_TESTS = _ROOT / "tests" / "clients"
_INSTALLED = _ROOT / ".local" / "clients"


def install() -> None:
    """Install npm and the packages of the lock file, if they are missing.

    Raises:
        NotInstalledError: They are missing, and cannot be installed.
    """
    home = _home()
    if home.exists():
        return
    need("npm", "npm, for the official client packages", debian="npm")
    print("Getting the official client packages ...", flush=True)  # noqa: T201  as a command does
    shutil.rmtree(_INSTALLED, ignore_errors=True)
    _INSTALLED.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=_INSTALLED) as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_TESTS / name, folder)
        run("npm", "--prefix", folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        home.parent.mkdir()
        # A rename puts the folder in place, so an interrupted installation leaves none.
        Path(folder, "node_modules").rename(home)


class ClientSources:
    """The guides' files, copied next to the packages.

    Raises:
        NotInstalledError: The packages are missing.
    """

    def __init__(self, folder: Path) -> None:
        if not _home().exists():
            raise NotInstalledError(
                "The client packages are not installed: run `make check`, or first "
                "python -m tests.support.programs.client_packages."
            )
        self.folder = folder
        self.packages = folder / "node_modules"
        self.packages.symlink_to(_home())
        for source in (_ROOT / "docs" / "clients", _TESTS):
            shutil.copytree(source, folder, dirs_exist_ok=True)

    def copy_with(self, path: str, copy: str, old: str, new: str) -> None:
        """Copy a file, with `new` in place of a text that it must contain."""
        content = Path(self.folder, path).read_text()
        assert old in content
        Path(self.folder, copy).write_text(content.replace(old, new))

    def complaints(self, project: str) -> dict[str, str]:
        """Return the TypeScript compiler's complaints by file; empty if there are none."""
        done = self.command("tsc", "--pretty", "false", "--project", project)
        found: dict[str, str] = {}
        file = ""
        for line in done.stdout.splitlines():
            if not line.startswith(" "):  # an indented line belongs to the same complaint
                file = line.partition("(")[0]
            found[file] = f"{found.get(file, '')}{line}\n"
        # A compiler that fails without output must not count as a success.
        assert bool(found) == bool(done.returncode), done.stderr
        return found

    def command(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the packages' own programs to its end."""
        return subprocess.run(
            [self.packages / ".bin" / program, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )


def _home() -> Path:
    lock = (_TESTS / "package-lock.json").read_bytes()
    return _INSTALLED / hashlib.sha256(lock).hexdigest()[:12] / "node_modules"


if __name__ == "__main__":
    try:
        install()
    except NotInstalledError as error:
        sys.exit(str(error))
