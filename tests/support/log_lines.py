"""The service's log in the form that an operator reads: one JSON object a line."""

import json
from typing import Any

import pytest


def log_lines(capture: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return every line since the last call; a line that is no JSON is an error."""
    return [json.loads(line) for line in capture.readouterr().out.splitlines()]
