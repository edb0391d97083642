"""The machine and the library versions of a run."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

_LIBRARIES: Final = ("chalice", "botocore", "opentok", "PyJWT", "cryptography", "msgspec")
_POWERTOOLS: Final = "aws-lambda-powertools"


def description() -> str:
    """Return one paragraph with date, machine and versions."""
    day = datetime.now(UTC).date().isoformat()
    versions = ", ".join(_versions())
    return f"{day}, {name()}. {versions}."


def name() -> str:
    """Return the machine's processors and system."""
    return f"{os.cpu_count()} processors ({_processor()}), {platform.system()}"


def _processor() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text("utf-8"))
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()


def _versions() -> Iterator[str]:
    yield f"Python {platform.python_version()}"
    for name in (*_LIBRARIES, _POWERTOOLS, "awslambdaric"):
        yield f"{name} {version(name)}"
    node = shutil.which("node")
    if node is not None:
        printed = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)  # noqa: S603 - an installed program
        yield f"Node {printed.stdout.strip().removeprefix('v')}"
