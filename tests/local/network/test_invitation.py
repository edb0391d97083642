"""The addresses that the stack prints for phones."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import requests
import segno

from local.app_environment import app_environment
from local.greeting import greeting
from local.network.invitation import invitation
from local.network.qr_code import qr_code
from local.ports import HOST, Ports
from local.providers.issuer import chosen_issuer
from local.providers.provider import chosen_provider
from local.stack import Stack
from stand_ins.aws.stand_in import AwsStandIn
from tests.support.servers.free_ports import free_ports

PORTS = Ports(9000, network="192.0.2.7")
OPENTOK = {"OPENTOK_API_KEY": "45000009", "OPENTOK_API_SECRET": "9" * 40}
OWN_ISSUER = {"AUTH_ISSUER": "https://login.example", "AUTH_AUDIENCE": "calls"}
# The upper and the lower half of a character, dark or light.
HALVES = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}


def modules(drawn: str) -> list[list[int]]:
    """Return a drawn QR code as rows of 1 for dark and 0 for light."""
    lines = re.findall("\x1b\\[38;5;231;48;5;16m(.*)\x1b\\[0m", drawn)
    halves = [[HALVES[character] for character in line] for line in lines]
    rows = [[half[part] for half in line] for line in halves for part in (0, 1)]
    width = len(rows[0])
    return [row[2:-2] for row in rows[2 : width - 2]]


def codes(drawn: str) -> list[str]:
    """Return the QR codes of a text, each as its lines."""
    return re.findall("(?:\x1b\\[38;5;231;48;5;16m.*\x1b\\[0m\n)+", drawn)


def code_of(text: str) -> list[list[int]]:
    made = segno.make_qr(text, error="L", boost_error=False)
    return [list(row) for row in made.matrix_iter(border=0)]


@contextmanager
def running_network(environ: dict[str, str]) -> Iterator[Ports]:
    """Run a stack without an app, whose network is this machine."""
    ports, provider = replace(free_ports(), network=HOST), chosen_provider(environ)
    AwsStandIn().reset()
    stack = Stack(ports, provider, app_environment(environ, ports, provider))
    stack.start()
    yield ports
    stack.stop()
    AwsStandIn().reset()


@pytest.fixture(scope="module")
def network() -> Iterator[Ports]:
    with running_network({}) as running:
        yield running


@pytest.fixture(scope="module")
def own_issuer() -> Iterator[Ports]:
    with running_network(OWN_ISSUER) as ports:
        yield ports


def get(url: str) -> requests.Response:
    return requests.get(url, verify=False, allow_redirects=False, timeout=10)  # noqa: S501 - as a phone goes on


def test_a_qr_code_is_drawn_module_by_module() -> None:
    assert modules(qr_code("https://192.0.2.7:8003/call")) == code_of("https://192.0.2.7:8003/call")


def test_the_invitation_has_qr_codes_for_the_call_page_and_for_an_app() -> None:
    text = invitation(PORTS, chosen_provider({}), "b" * 330)

    call, app = codes(text)
    assert modules(call) == code_of("https://192.0.2.7:9003/page/call?user=phone")
    content = {"api": "http://192.0.2.7:9000", "room": "standup", "bearer": "b" * 330}
    (as_json,) = [line for line in text.splitlines() if line.startswith("{")]
    assert json.loads(as_json) == content
    assert modules(app) == code_of(as_json)
    assert max(map(len, modules(app))) + 4 <= 80
    assert "A phone warns that the connection is not private" in text
    assert "WARNING: anybody on this network can now get bearer tokens" in text
    assert "cost" not in text


def test_with_real_credentials_the_warning_tells_who_pays() -> None:
    assert "Calls are at your cost." in invitation(PORTS, chosen_provider(OPENTOK), "b")


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_the_address_for_phones_signs_in_and_leads_to_the_call_page_by_tls(
    network: Ports,
) -> None:
    answer = get(f"{network.tls_url}/page/call?user=phone")

    assert answer.status_code == 302
    address, _, bearer = answer.headers["Location"].partition("#bearer=")
    assert address == f"{network.call_url}?room=standup"
    assert bearer.count(".") == 2


def test_the_first_page_has_the_address_for_phones(network: Ports) -> None:
    page = get(f"{network.page_url}/page/")

    assert f'href="{network.tls_url}/page/call?user=phone"' in page.text
    assert 'src="data:image/svg+xml' in page.text
    assert (
        f"connect-src 'self' {network.app_url_for_others};"
        in page.headers["Content-Security-Policy"]
    )
    assert "for you alone" not in page.text


def test_where_the_issuer_is_the_users_own_the_page_says_what_to_do(own_issuer: Ports) -> None:
    page = get(f"{own_issuer.page_url}/page/").text

    assert "accepts bearer tokens of https://login.example alone" in page
    assert 'name="bearer"' in page
    assert "call?user=" not in page
    assert 'name="user"' not in page


@pytest.mark.parametrize("path", ["/identity/token", "/page/call"])
def test_where_the_issuer_is_the_users_own_nobody_is_signed_in(
    own_issuer: Ports, path: str
) -> None:
    answer = requests.request(
        "POST" if path == "/identity/token" else "GET", f"{own_issuer.page_url}{path}", timeout=10
    )

    assert answer.status_code == 409
    assert "Sign in there" in answer.text


def test_where_the_issuer_is_the_users_own_the_greeting_says_so_without_codes() -> None:
    issuer = chosen_issuer(OWN_ISSUER, PORTS)

    text = greeting(None, PORTS, chosen_provider({}), issuer, 2.0)

    assert "identity  https://login.example   your own" in text
    assert "accepts bearer tokens of https://login.example alone" in text
    assert "curl -sS -X POST http://127.0.0.1:9000/rooms/hello/tokens" in text
    assert "https://192.0.2.7:9003/call" in text
    assert "WARNING: anybody on this network reaches Roomkey now." in text
    assert codes(text) == []
    assert "sessionId" not in text
