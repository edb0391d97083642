"""Programs that tests need and that are not Python's: looked for, and brought where that may be."""

import os
import shutil
import subprocess


class NotInstalledError(Exception):
    """A program, or something that it needs, is not here. Says what to do."""


def need(program: str, what: str, *, debian: str) -> None:
    """Have it: from Debian's package of this name, where it is missing and root may install it.

    Args:
        program: Its command.
        what: What it is called, and what for, in the message to whoever lacks it.
        debian: The package that holds it.

    Raises:
        NotInstalledError: It is not here, and cannot be brought.
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
    """Whether it is there and runs: macOS has a `java` that only says that there is none."""
    version = "-version" if program == "java" else "--version"
    return _done(program, version).returncode == 0


def run(program: str, *arguments: str) -> None:
    """To its end.

    Raises:
        NotInstalledError: It failed; with what it said.
    """
    done = _done(program, *arguments)
    if done.returncode:
        raise NotInstalledError(
            f"{program} {' '.join(arguments)} failed.\n{done.stderr.strip()}".strip()
        )


def _done(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program run to its end; status 127 if there is none, as a shell has it."""
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
