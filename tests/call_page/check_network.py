"""The call page as a phone opens it: by TLS, at this machine's address on its network."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser

from local.network.address import network_address
from local.ports import Ports, StartError
from tests.call_page.person import People
from tests.e2e.roomkey_process import running_roomkey

NETWORK = {"HOST": "0.0.0.0"}  # noqa: S104 - what is tested


@pytest.fixture
def ports() -> Iterator[Ports]:
    try:
        address = network_address(NETWORK)
    except StartError as error:
        pytest.skip(str(error))
    with running_roomkey(NETWORK) as running:
        yield replace(running.ports, network=address)


def test_two_people_see_each_other_by_tls(browser: Browser, ports: Ports) -> None:
    people = People(browser, ports)
    alice, phone = people.person("alice"), people.person("phone", width=390)
    alice.joins("standup")

    phone.page.goto(f"{ports.tls_url}/page/call?user=phone")
    phone.asks_to_join()

    phone.is_in()
    assert alice.sees("phone") > 0
    assert phone.sees("alice") > 0
    assert phone.page.evaluate("isSecureContext")
    people.leave()
    assert people.complaints == []
