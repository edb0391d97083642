"""The running stack answers as its document says, whatever schemathesis makes of that."""

import json
import os
import subprocess
import sys
from pathlib import Path

from local.bearer import fetch_bearer
from tests.e2e.roomkey_process import Roomkey

LEAST_CASES = 5000
COMMAND = "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())"
CONFIG = Path(__file__).with_name("schemathesis.toml")


def test_every_answer_is_one_that_the_document_declares(roomkey: Roomkey, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, "-c", COMMAND, "--config-file", str(CONFIG), "run"]
    reporting = ["--no-color", "--report", "json", "--report-json-path", str(report)]
    done = subprocess.run(
        [*command, f"{roomkey.ports.app_url}/openapi.json", *reporting],
        env=os.environ | {"ROOMKEY_BEARER": fetch_bearer(roomkey.ports, "alice")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_text())
    assert found["test_cases"]["generated"] >= LEAST_CASES
    assert {phase["status"] for phase in found["phases"].values()} == {"success"}
    assert found["operations"]["tested"] == found["operations"]["total"]
