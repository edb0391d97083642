"""The running stack answers as its document says, whatever schemathesis makes of that."""

import json
import os
import subprocess
import sys
from pathlib import Path

from local.bearer import fetch_bearer
from tests.e2e.roomkey_process import Roomkey

LEAST_CASES = 4000
EXAMPLES = 16
"""The random examples of each operation. The document's own, borders and walks come on top."""
FOLDER = Path(__file__).parent
SCHEMATHESIS = "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())"


def tried(roomkey: Roomkey, report: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", SCHEMATHESIS]
    config = ["--config-file", str(FOLDER / "schemathesis.toml")]
    run = ["run", f"{roomkey.ports.app_url}/openapi.json", "--no-color"]
    options = ["--max-examples", str(EXAMPLES)]
    options += ["--report", "json", "--report-json-path", str(report)]
    environment = {
        "ROOMKEY_BEARER": fetch_bearer(roomkey.ports, "alice"),
        "ROOMKEY_OPENTOK": roomkey.ports.opentok_url,
        "SCHEMATHESIS_HOOKS": str(FOLDER / "people.py"),
    }
    return subprocess.run(
        [*command, *config, *run, *options],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_answer_is_one_that_the_document_declares(roomkey: Roomkey, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    done = tried(roomkey, report)
    assert done.returncode == 0, done.stdout + done.stderr + faults_in(roomkey.output)
    found = json.loads(report.read_text())
    assert found["test_cases"]["generated"] >= LEAST_CASES
    assert {phase["status"] for phase in found["phases"].values()} == {"success"}
    assert found["operations"]["tested"] == found["operations"]["total"]


def faults_in(log: str) -> str:
    """Return the stack's log lines about each 500, with its traceback."""
    return "\n".join(line for line in log.splitlines() if '"code":"internal"' in line)
