"""TLS in front of two servers of this machine, as a phone sees it."""

import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from simple_websocket import Client, ConnectionClosed
from werkzeug.wrappers import Request, Response

from local.network.certificate import new_certificate
from local.network.tls_relay import TlsRelay
from stand_ins.http.server import HttpServer
from stand_ins.opentok import OpenTokStandIn
from tests.support.servers.stand_ins import API_KEY, API_SECRET


@Request.application
def echo(request: Request) -> Response:
    """Answer with what has come."""
    content = {"method": request.method, "path": request.full_path, "host": request.host}
    return Response(json.dumps({**content, "length": len(request.get_data())}))


@dataclass(frozen=True)
class Relayed:
    port: int
    certificate: Path
    stand_in: OpenTokStandIn

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def relayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relayed]:
    certificate = new_certificate("192.0.2.7")
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(certificate.certificate)
    stand_in = OpenTokStandIn(projects={API_KEY: API_SECRET})
    with HttpServer(echo) as app, HttpServer(stand_in.wsgi_app) as opentok:
        ports = {True: int(opentok.url.rpartition(":")[2]), False: int(app.url.rpartition(":")[2])}
        relay = TlsRelay(
            certificate.server_context(),
            "127.0.0.1",
            0,
            lambda path: ports[path.startswith("/client/")],
        )
        relay.start()
        yield Relayed(relay.port, path, stand_in)
        relay.stop()


def test_a_request_is_passed_on_whole(relayed: Relayed) -> None:
    body, trusted = b"z" * 300_000, str(relayed.certificate)
    with requests.Session() as http:
        answers = [
            http.post(f"{relayed.url}/rooms?x=1", data=body, verify=trusted, timeout=10)
            for _ in range(2)
        ]

    wanted = {"method": "POST", "path": "/rooms?x=1", "length": 300_000}
    for answer in answers:
        assert wanted.items() <= answer.json().items()
        assert answer.json()["host"] == f"127.0.0.1:{relayed.port}"
        assert answer.headers["Connection"] == "close"


def test_the_path_decides_who_answers(relayed: Relayed) -> None:
    library = requests.get(
        f"{relayed.url}/client/opentok.js", verify=str(relayed.certificate), timeout=10
    )

    assert "local stand-in" in library.text


def test_a_websocket_stays_open_both_ways(relayed: Relayed) -> None:
    context = ssl.create_default_context(cafile=relayed.certificate)
    client = Client(f"wss://127.0.0.1:{relayed.port}/client/socket", ssl_context=context)

    client.send(json.dumps({"type": "connect", "sessionId": "none", "token": "none"}))

    text = client.receive(timeout=10)
    assert json.loads(text or "")["type"] == "refused"
    with pytest.raises(ConnectionClosed):
        client.receive(timeout=10)


def test_an_open_websocket_does_not_disturb_the_stop(
    relayed: Relayed, caplog: pytest.LogCaptureFixture
) -> None:
    with HttpServer(relayed.stand_in.wsgi_app) as opentok:
        port = int(opentok.url.rpartition(":")[2])
        context = new_certificate("192.0.2.7").server_context()
        relay = TlsRelay(context, "127.0.0.1", 0, lambda _: port)
        relay.start()
        trusting = ssl.create_default_context()
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE
        client = Client(f"wss://127.0.0.1:{relay.port}/client/socket", ssl_context=trusting)

        relay.stop()

        with pytest.raises(ConnectionClosed):
            client.receive(timeout=10)
    assert caplog.records == []


def test_the_certificate_is_for_the_networks_address(relayed: Relayed) -> None:
    context = ssl.create_default_context(cafile=relayed.certificate)
    for name in ("192.0.2.7", "127.0.0.1", "localhost"):
        with (
            socket.create_connection(("127.0.0.1", relayed.port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            assert secure.version() in {"TLSv1.2", "TLSv1.3"}


def test_what_is_no_request_gets_no_answer(relayed: Relayed) -> None:
    context = ssl.create_default_context(cafile=relayed.certificate)
    with (
        socket.create_connection(("127.0.0.1", relayed.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        secure.sendall(b"nonsense\r\n\r\n")

        assert secure.recv(1) == b""


def test_a_client_that_does_not_trust_the_certificate_is_no_error_here(
    relayed: Relayed, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        socket.create_connection(("127.0.0.1", relayed.port), timeout=10) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{relayed.port}/call", timeout=10)

    assert caplog.records == []


def test_a_taken_port_is_an_error_of_the_start(relayed: Relayed) -> None:
    second = TlsRelay(
        new_certificate("192.0.2.7").server_context(), "127.0.0.1", relayed.port, lambda _: 1
    )

    with pytest.raises(OSError, match="address already in use"):
        second.start()

    second.stop()
