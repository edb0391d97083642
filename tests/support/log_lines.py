"""The service's log in the form that an operator reads: one JSON object a line."""

import json
from typing import Any

import pytest


def log_lines(capture: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the lines of requests since the last call; a line that is no JSON is an error."""
    return [each for each in _lines(capture) if each.get("kind") != "audit"]


def audit_lines(capture: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the audit lines since the last call."""
    return [each for each in _lines(capture) if each.get("kind") == "audit"]


def _lines(capture: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capture.readouterr().out.splitlines()]
