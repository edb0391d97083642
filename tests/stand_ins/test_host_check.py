from collections.abc import Iterator
from http import HTTPStatus

import pytest
import requests
from werkzeug.wrappers import Response

from stand_ins.http.host_check import HostCheck
from stand_ins.http.server import HttpServer


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with HttpServer(HostCheck(Response("mine"), open_to_pages="/client/")) as server:
        yield server.url


def status(url: str, **headers: str) -> int:
    return requests.get(url, headers=headers, timeout=5).status_code


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "localhost:8001", "10.0.2.2:8001", "[::1]:80"])
def test_programs_are_answered_under_any_address(url: str, host: str) -> None:
    assert status(url, Host=host) == HTTPStatus.OK


@pytest.mark.parametrize("host", ["rebound.example:8001", "127.0.0.1.example", "[::1", ""])
def test_a_name_that_leads_here_is_refused(url: str, host: str) -> None:
    assert status(url, Host=host) == HTTPStatus.FORBIDDEN


def test_its_own_pages_are_answered(url: str) -> None:
    assert status(url, Origin=url) == HTTPStatus.OK


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "http://127.0.0.1:1", "null"])
def test_pages_of_other_origins_are_refused(url: str, origin: str) -> None:
    assert status(url, Origin=origin) == HTTPStatus.FORBIDDEN


def test_pages_of_other_origins_may_use_what_is_open_to_them(url: str) -> None:
    headers = {"Origin": "https://elsewhere.example"}

    answer = requests.get(f"{url}/client/opentok.js", headers=headers, timeout=5)

    assert answer.status_code == HTTPStatus.OK
