"""The service's log as an operator reads it: JSON, a line each, on standard output."""

import json
from typing import Any

import pytest


def log_lines(capture: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Every line since the last look; anything but JSON there is an error."""
    return [json.loads(line) for line in capture.readouterr().out.splitlines()]
