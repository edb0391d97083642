import sys

import pytest

from local import bearer
from local.ports import Ports
from tests.e2e.roomkey_process import Bearer


@pytest.fixture
def bearer_command(monkeypatch: pytest.MonkeyPatch) -> Bearer:
    def run_command(ports: Ports, *arguments: str) -> int:
        monkeypatch.setenv("PORT", str(ports.app))
        monkeypatch.setattr(sys, "argv", ["bearer", *arguments])
        return bearer.main()

    return run_command
