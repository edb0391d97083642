from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from stand_ins.http.server import HttpServer
from tests.clients.page_server import PageServer
from tests.clients.people import People
from tests.e2e.roomkey_process import Roomkey, running_roomkey
from tests.support.programs.client_packages import ClientSources


@pytest.fixture(scope="session")
def roomkey() -> Iterator[Roomkey]:
    with running_roomkey() as running:
        yield running


@pytest.fixture
def client_sources(tmp_path: Path) -> ClientSources:
    return ClientSources(tmp_path)


@pytest.fixture(scope="session")
def page_server(roomkey: Roomkey, tmp_path_factory: pytest.TempPathFactory) -> PageServer:
    sources = ClientSources(tmp_path_factory.mktemp("page"))
    html = Path(sources.folder, "web", "index.html").read_text()
    return PageServer(html, sources.bundle(), roomkey.ports.opentok_url)


@pytest.fixture(scope="session")
def page_url(page_server: PageServer) -> Iterator[str]:
    with HttpServer(page_server.wsgi_app) as server:
        yield server.url


@pytest.fixture
def people(browser: Browser, roomkey: Roomkey, page_url: str) -> Iterator[People]:
    with browser.new_context() as context:
        those = People(context, roomkey.ports, page_url)
        yield those
    assert those.script_errors == []
