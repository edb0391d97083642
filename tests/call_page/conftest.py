from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.call_page.person import People
from tests.e2e.roomkey_process import Roomkey, running_roomkey


@pytest.fixture(scope="session")
def roomkey() -> Iterator[Roomkey]:
    # A room that is about to close is told within 5 seconds.
    with running_roomkey({"SCHEDULE_SECONDS": "5"}) as running:
        yield running


@pytest.fixture
def people(browser: Browser, roomkey: Roomkey) -> Iterator[People]:
    these = People(browser, roomkey.ports)
    yield these
    these.leave()
    assert these.complaints == []
