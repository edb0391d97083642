"""A check that the package holds all of requirements.txt, built for Lambda's machine.

If Chalice finds no wheel, it only prints a message and continues.
"""

import re
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.errors import DeployError

_MACHINES: Final = {"x86_64": 62, "arm64": 183}
"""The machine number in an ELF file for each of Lambda's architectures."""

_ELF: Final = b"\x7fELF"
_MACHINE_AT: Final = slice(18, 20)


def check_complete(folder: Path, requirements: Path, architecture: str, python: str) -> None:
    """Refuse an unpacked package that would fail in a Lambda.

    Args:
        folder: The unpacked package.
        requirements: The file with the pinned libraries.
        architecture: Lambda's architecture: `x86_64` or `arm64`.
        python: The version of Lambda's Python, such as `3.13`.

    Raises:
        DeployError: A library is missing, or has another version, machine or Python.
    """
    wanted = _wanted(requirements.read_text(encoding="utf-8"), python)
    problems = [
        f"{name} {version} is missing" for name, version in sorted(wanted - _present(folder))
    ]
    problems += [
        f"{path.relative_to(folder)} is not for Python {python} on {architecture}"
        for path in sorted(folder.rglob("*.so*"))
        if not _fits(path, architecture, python)
    ]
    if problems:
        raise DeployError(
            "The package is not complete: " + "; ".join(problems) + ".",
            "Each library needs a wheel on PyPI for Lambda's Linux; see pip's output. Pin versions "
            "with such a wheel in requirements.in, then run `make lock`.",
        )


def _wanted(text: str, python: str) -> set[tuple[str, str]]:
    """Return name and version of each pinned library for Lambda's Python."""
    found: set[tuple[str, str]] = set()
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        requirement = Requirement(line)
        lambdas = {"python_version": python, "python_full_version": f"{python}.0"}
        if requirement.marker is None or requirement.marker.evaluate(lambdas):
            (pinned,) = requirement.specifier
            found.add((canonicalize_name(requirement.name), pinned.version))
    return found


def _present(folder: Path) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for path in folder.glob("*.dist-info"):
        name, _, version = path.name.removesuffix(".dist-info").rpartition("-")
        found.add((canonicalize_name(name), version))
    return found


def _fits(path: Path, architecture: str, python: str) -> bool:
    head = path.read_bytes()[:20]
    machine = int.from_bytes(head[_MACHINE_AT], "little")
    if not head.startswith(_ELF) or machine != _MACHINES[architecture]:
        return False
    tag = re.search(r"\.cpython-(\d+)-", path.name)
    return tag is None or tag[1] == python.replace(".", "")
