"""The bill of materials of a release: a CycloneDX document of the libraries in the zip."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, Final

from deploy.errors import DeployError
from tools.release.changelog import Section

SPECIFICATION: Final = "1.6"
_FROM_CHALICE: Final = re.compile(r"^chalice==.*$", re.MULTILINE)
"""Chalice puts a part of itself into each zip, which requirements.txt does not name."""


def bill_of_materials(section: Section, project: Path, zip_sha256: str) -> str:
    """Return the document. The same commit and zip give the same text.

    Args:
        section: The changelog's section of the released version.
        project: The folder with the pinned requirements.
        zip_sha256: The hash of the zip that the document is about, in hexadecimal.

    Raises:
        DeployError: `cyclonedx-py` failed.
    """
    made: dict[str, Any] = json.loads(_run_cyclonedx(section, project))
    made["metadata"]["component"] |= {
        "version": section.version,
        "hashes": [{"alg": "SHA-256", "content": zip_sha256}],
    }
    return json.dumps(made, indent=2) + "\n"


def _run_cyclonedx(section: Section, project: Path) -> str:
    done = subprocess.run(  # noqa: S603 - our Python, with fixed arguments
        [
            *(sys.executable, "-m", "cyclonedx_py", "requirements"),
            *("--pyproject", str(project / "pyproject.toml"), "--mc-type", "application"),
            *("--spec-version", SPECIFICATION, "--output-reproducible", "-"),
        ],
        env=os.environ | _date_of(section),
        input=_pinned(project),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DeployError(
            f"cyclonedx-py made no bill of materials: {done.stderr.strip()}",
            "Correct this, then run this again.",
        )
    return done.stdout


def _date_of(section: Section) -> dict[str, str]:
    """Return the variable by which the tool takes the day of the release for its time."""
    if section.released is None:
        return {}
    start = datetime.combine(section.released, time(), UTC)
    return {"SOURCE_DATE_EPOCH": str(int(start.timestamp()))}


def _pinned(project: Path) -> str:
    """Return the pinned requirements of all that is in the zip."""
    ships = (project / "requirements.txt").read_text(encoding="utf-8")
    local = (project / "requirements-local.txt").read_text(encoding="utf-8")
    return "\n".join([ships, *_FROM_CHALICE.findall(local)])
