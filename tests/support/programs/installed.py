"""Programs that tests need beside Python: a check for each, and its installation."""

import os
import shutil
import subprocess


class NotInstalledError(Exception):
    """A program, or something that it needs, is missing; the text says how to help."""


def need(program: str, what: str, *, debian: str) -> None:
    """Require a program; install its Debian package if it is missing and root may do so.

    Args:
        program: The program's command.
        what: The program's name and purpose, for the message about its absence.
        debian: The package that holds it.

    Raises:
        NotInstalledError: The program is missing, and cannot be installed.
    """
    if works(program):
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        print(f"Installing {debian} ...", flush=True)  # noqa: T201  a command talks to its user
        run("apt-get", "-q", "update")
        run("apt-get", "-q", "install", "-y", "--no-install-recommends", debian)
    if not works(program):
        raise NotInstalledError(
            f"`make check` needs {what}. Install it (on Debian, as root: "
            f"apt-get install --no-install-recommends {debian}) and repeat."
        )


def works(program: str) -> bool:
    """Return True if the program runs; macOS has a `java` that only says that there is no Java."""
    version = "-version" if program == "java" else "--version"
    return _done(program, version).returncode == 0


def run(program: str, *arguments: str) -> None:
    """Run a program to its end.

    Raises:
        NotInstalledError: The program failed; the text holds its output.
    """
    done = _done(program, *arguments)
    if done.returncode:
        raise NotInstalledError(
            f"{program} {' '.join(arguments)} failed.\n{done.stderr.strip()}".strip()
        )


def _done(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; as in a shell, status 127 means that there is no such program."""
    path = shutil.which(program)
    if path is None:
        return subprocess.CompletedProcess(arguments, 127, "", f"{program}: not found")
    return subprocess.run(
        [path, *arguments],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
    )
