"""The Python that Lambda runs a stage's functions with, whatever Python deploys them.

Bytecode and what else is compiled with the package must be made by that Python. It is looked for on
this machine. `python -m deploy.packaging.lambda_python` prints where it is, or an empty line.
"""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from deploy.errors import DeployError

PINNED: Final = "3.13"
"""The newest Python on which all tests of this project run."""
POSSIBLE: Final = ("3.11", "3.12", PINNED)
SETTING: Final = "LAMBDA_PYTHON"
_RUNNING: Final = f"{sys.version_info.major}.{sys.version_info.minor}"
_ASK: Final = "import sys; print(sys.implementation.name, *sys.version_info[:2])"


def lambda_python(settings: Mapping[str, str]) -> str:
    """Return the version of the functions' Python, such as `3.13`.

    Raises:
        DeployError: The setting names none that may be.
    """
    version = settings.get(SETTING) or PINNED
    if version not in POSSIBLE:
        raise DeployError(
            f"{SETTING} is not one of {', '.join(POSSIBLE)}.",
            "`make settings STAGE=…` shows where it comes from. Correct it there, and run this "
            "again.",
        )
    return version


def find_python(
    version: str, project: Path, environ: Mapping[str, str] = os.environ
) -> Path | None:
    """Return an interpreter of this version with the functions' libraries. None if none is here.

    The running Python has the libraries. For another one, an environment is made below `.local`.

    Raises:
        DeployError: The libraries cannot be installed for it.
    """
    if version == _RUNNING:
        return Path(sys.executable)
    found = find_interpreter(version, environ)
    return None if found is None else _with_libraries(found, version, project)


def find_interpreter(version: str, environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return an interpreter of this version on PATH, or of pyenv or uv. None if none is here."""
    return next((each for each in _candidates(version, environ) if _is(each, version)), None)


def without_python(version: str) -> str:
    """Return what it costs that a package has nothing compiled, and what helps."""
    other = f', or set {SETTING} = "{_RUNNING}",' if _RUNNING in POSSIBLE else ""
    return (
        f"There is no Python {version} on this machine, so the package has NO BYTECODE: each cold "
        "start compiles every module, and loads the app in three times the time. Install it "
        f"(`.venv/bin/uv python install {version}`, pyenv or your system's packages){other} and "
        "run this again"
    )


def _candidates(version: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the interpreters that may be of this version: on PATH, pyenv's, uv's."""
    name = f"python{version}"
    for each in environ.get("PATH", "").split(os.pathsep):
        yield Path(each) / name
    home = Path(environ.get("HOME", "/nowhere"))
    pyenv = Path(environ.get("PYENV_ROOT") or home / ".pyenv")
    uv = Path(environ.get("UV_PYTHON_INSTALL_DIR") or home / ".local" / "share" / "uv" / "python")
    for folder in (pyenv / "versions", uv):
        if folder.is_dir():
            yield from sorted(folder.glob(f"*/bin/{name}"), reverse=True)


def _is(candidate: Path, version: str) -> bool:
    """Return True if this is CPython of this version, and runs. A shim of pyenv's may not."""
    if not candidate.is_file():
        return False
    try:
        asked = subprocess.run(  # noqa: S603 - an interpreter that the operator has installed
            [candidate, "-I", "-c", _ASK], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.stdout.split() == ["cpython", *version.split(".")]


def _with_libraries(interpreter: Path, version: str, project: Path) -> Path:
    """Return an interpreter in an environment with the functions' libraries, made if need be."""
    requirements = project / "requirements.txt"
    made_of = hashlib.sha256(f"{interpreter}\n{requirements.read_text('utf-8')}".encode())
    folder = project / ".local" / f"lambda-python-{version}"
    made, executable = folder / "made-of", folder / "bin" / "python"
    if not made.exists() or made.read_text("utf-8") != made_of.hexdigest():
        _uv("venv", "--clear", "--python", str(interpreter), str(folder))
        _uv("pip", "install", "--python", str(executable), "--requirement", str(requirements))
        made.write_text(made_of.hexdigest(), encoding="utf-8")
    return executable


def _uv(*command: str) -> None:
    done = subprocess.run(  # noqa: S603 - uv of .venv, with fixed arguments
        [sys.executable, "-m", "uv", "--quiet", *command],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = re.sub(r"\s+", " ", done.stderr.strip())
        raise DeployError(
            f"The libraries cannot be installed for Lambda's Python: {reason}",
            "Check this machine's connection to PyPI, then run this again.",
        )


if __name__ == "__main__":
    print(find_interpreter(PINNED) or "")
