"""Connections to AWS: kept where the server keeps them, and botocore's errors where it does not."""

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import (
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.httpsession import URLLib3Session

from chalicelib.adapters.aws_answers import AnswerNotValid, CheckedSession
from chalicelib.adapters.aws_connections import ConnectionsToAws
from chalicelib.composition.aws import aws_clients
from tests.rehearsal.certificates import Authority
from tests.support.servers.in_process_aws import use_sockets
from tests.support.servers.raw_server import closed_port

if TYPE_CHECKING:
    import socket

HEAD = b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: 1\r\n"
WHOLE = HEAD + b"Content-Length: 2\r\n\r\n{}"
IN_CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
LAST = HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}"
CUT = HEAD + b"Content-Length: 9\r\n\r\n{}"
SECONDS = Config(connect_timeout=1, read_timeout=0.2, max_pool_connections=1)


class Server(ThreadingTCPServer):
    """A server that gives each connection these answers, and then ends it."""

    daemon_threads = True

    def __init__(self, answers: Sequence[bytes], tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        self.requests: list[bytes] = []
        self.connections = 0
        self.ended = Event()
        if tls is not None:
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )


class _Handler(BaseRequestHandler):
    server: Server

    def handle(self) -> None:
        self.server.connections += 1
        connection: socket.socket = self.request
        with suppress(OSError):
            for answer in self.server.answers:
                request = b""
                while not request.endswith(b"body"):
                    request += (piece := connection.recv(1 << 16))
                    if not piece:
                        return
                self.server.requests.append(request)
                connection.sendall(answer)

    def finish(self) -> None:
        self.request.close()
        self.server.ended.set()


@contextmanager
def serving(*answers: bytes, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    with Server(answers, tls) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


@pytest.fixture
def session() -> Iterator[CheckedSession]:
    connections = ConnectionsToAws(SECONDS, None)
    yield CheckedSession(connections, in_json=True)
    connections.close()


def url_of(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/"


def sent(session: CheckedSession, url: str) -> bytes:
    headers: Any = HTTPHeaders()
    headers["X-Amz-Target"] = "DynamoDB_20120810.GetItem"
    request = AWSPreparedRequest("POST", url, headers, b"body", stream_output=False)
    return bytes(session.send(request).content)


@pytest.mark.parametrize("answer", [WHOLE, IN_CHUNKS])
def test_calls_one_after_the_other_use_one_connection(
    session: CheckedSession, answer: bytes
) -> None:
    with serving(answer, answer, answer) as server:
        assert [sent(session, url_of(server)) for _ in range(3)] == [b"{}"] * 3

        assert server.connections == 1
        assert server.requests[0].startswith(b"POST / HTTP/1.1\r\n")
        assert b"\r\nContent-Length: 4\r\n" in server.requests[2]
        session.close()


@pytest.mark.parametrize("answer", [WHOLE, LAST])
def test_a_connection_that_the_server_ended_is_not_used_again(
    session: CheckedSession, answer: bytes
) -> None:
    with serving(answer) as server:
        for _ in range(2):
            server.ended.clear()
            assert sent(session, url_of(server)) == b"{}"
            assert server.ended.wait(5)

        assert server.connections == 2


def test_no_more_connections_are_kept_than_the_settings_say(session: CheckedSession) -> None:
    with serving(*[WHOLE] * 2) as one, serving(*[WHOLE] * 2) as other:
        together: Any = session
        first, second = (
            together._session.send(  # noqa: SLF001  with bodies that are not yet read
                AWSPreparedRequest("POST", url_of(one), HTTPHeaders(), b"body", stream_output=True)
            ).raw
            for _ in range(2)
        )
        for body in (first, second):
            assert body.read1(9) == b"{}"
            body.close()
        assert sent(session, url_of(other)) == b"{}"
        assert sent(session, url_of(one)) == b"{}"

        assert (one.connections, other.connections) == (2, 1)
        session.close()


def test_a_body_that_is_cut_is_no_answer_and_its_connection_is_not_used_again(
    session: CheckedSession,
) -> None:
    with serving(CUT) as server:
        for _ in range(2):
            with pytest.raises(AnswerNotValid):
                sent(session, url_of(server))

        assert server.connections == 2


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n"])
def test_a_server_that_ends_the_connection_or_speaks_no_http_gives_no_answer(
    session: CheckedSession, answer: bytes
) -> None:
    with serving(answer) as server, pytest.raises(ConnectionClosedError):
        sent(session, url_of(server))


def test_a_silent_server_is_given_up_on_after_the_time_to_read(session: CheckedSession) -> None:
    with serving(b"", WHOLE) as server, pytest.raises(ReadTimeoutError):
        sent(session, url_of(server))


@pytest.mark.parametrize("url", [closed_port, None])
def test_a_server_that_cannot_be_reached_is_named_by_botocores_error(
    session: CheckedSession, url: Callable[[], Any] | None
) -> None:
    with ExitStack() as stack:
        address = "http://no-such-host.invalid" if url is None else stack.enter_context(url())
        with pytest.raises(EndpointConnectionError):
            sent(session, address)


def test_a_server_is_believed_only_with_a_certificate_of_a_known_authority(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    (tmp_path / "root.pem").write_bytes(authority.pem)
    for verify, believes in ((str(tmp_path / "root.pem"), True), (None, False)):
        connections = ConnectionsToAws(SECONDS, verify)
        checked = CheckedSession(connections, in_json=True)
        with serving(WHOLE, tls=authority.tls_for("localhost")) as server:
            url = f"https://localhost:{server.server_address[1]}/"
            if believes:
                assert sent(checked, url) == b"{}"
            else:
                with pytest.raises(SSLError):
                    sent(checked, url)
        connections.close()


@pytest.mark.parametrize(
    ("proxy", "kind"), [("", ConnectionsToAws), ("http://127.0.0.1:9", URLLib3Session)]
)
def test_behind_a_proxy_botocores_own_session_makes_the_calls(
    monkeypatch: pytest.MonkeyPatch, proxy: str, kind: type
) -> None:
    use_sockets(monkeypatch)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.delenv("NO_PROXY", raising=False)

    clients: Any = aws_clients()  # the stubs know no endpoints
    for client in clients:
        session = client._endpoint.http_session._session  # noqa: SLF001  nothing public shows it
        assert isinstance(session, kind)
