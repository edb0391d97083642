"""The network that `HOST` asks for."""

import pytest

from local.network.address import network_address
from local.ports import Ports, StartError


@pytest.mark.parametrize("host", [None, "", "127.0.0.1", "::1", "laptop", "x86_64-conda-linux-gnu"])
def test_without_an_address_the_stack_stays_on_this_machine(host: str | None) -> None:
    assert network_address({} if host is None else {"HOST": host}) is None


def test_an_address_that_this_machine_does_not_have_is_refused() -> None:
    with pytest.raises(StartError, match=r"203\.0\.113\.7 is no address of this machine"):
        network_address({"HOST": "203.0.113.7"})


def test_an_address_of_ipv6_is_refused() -> None:
    with pytest.raises(StartError, match=r"HOST must be an IPv4 address, .*, not ::"):
        network_address({"HOST": "::"})


def test_on_a_network_the_call_page_is_at_a_tls_address_with_its_library() -> None:
    ports = Ports(9000, network="192.0.2.7")

    assert ports.call_url == "https://192.0.2.7:9003/call"
    assert ports.client_library_url == "https://192.0.2.7:9003/client/opentok.js"
    assert ports.app_url_for_others == "http://192.0.2.7:9000"
    assert ports.app_url == "http://127.0.0.1:9000"


def test_without_a_network_nothing_listens_on_it() -> None:
    ports = Ports(9000)

    assert (ports.host, ports.tls_url) == ("127.0.0.1", None)
    assert ports.call_url == "http://127.0.0.1:9000/call"
    assert ports.client_library_url == "http://127.0.0.1:9001/client/opentok.js"
