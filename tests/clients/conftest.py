from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.roomkey_process import Roomkey, running_roomkey
from tests.support.programs.client_packages import ClientSources


@pytest.fixture(scope="session")
def roomkey() -> Iterator[Roomkey]:
    with running_roomkey() as running:
        yield running


@pytest.fixture
def client_sources(tmp_path: Path) -> ClientSources:
    return ClientSources(tmp_path)
