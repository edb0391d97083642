import socket
import struct
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import requests
from werkzeug.wrappers import Request, Response

from stand_ins.http.keep_alive import KeepAliveServer
from stand_ins.http.server import HttpServer
from stand_ins.http.wsgi_connection import ConnectionDroppedError, WsgiRequestHandler, delay
from tests.stand_ins.known import raw_exchange

LAST = b"Connection: close\r\n\r\n"


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the request's content; some paths do something else."""
    match environ["PATH_INFO"]:
        case "/drop":
            raise ConnectionDroppedError
        case "/fail":
            raise ValueError("not for the caller's eyes")
        case "/empty":
            start_response("204 No Content", [])
            return []
        case "/stream":
            start_response("200 OK", [("Content-Type", "text/plain")])
            return iter([b"one ", b"two"])
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("X-Echo", environ.get("HTTP_X_SENT", ""))])
    return [body or environ["PATH_INFO"].encode("latin-1")]


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer(echo) as running:
        yield running


def test_one_connection_carries_many_requests(server: HttpServer) -> None:
    with requests.Session() as http:
        for path in ("/a", "/empty", "/b"):
            http.post(f"{server.url}{path}", data=b"body", timeout=5)

    assert server.connections_accepted == 1


def test_an_answer_of_unknown_length_ends_with_its_connection(server: HttpServer) -> None:
    with requests.Session() as http:
        texts = [http.get(f"{server.url}/stream", timeout=5).text for _ in range(2)]

    assert texts == ["one two", "one two"]
    assert server.connections_accepted == 2


def test_50_callers_at_once_are_all_answered(server: HttpServer) -> None:
    start = threading.Barrier(50)
    statuses: list[int] = []

    def call() -> None:
        start.wait()
        statuses.append(requests.get(server.url, timeout=10).status_code)

    callers = [threading.Thread(target=call) for _ in range(50)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert statuses == [200] * 50


def test_a_body_may_come_in_chunks(server: HttpServer) -> None:
    answer = requests.post(server.url, data=iter([b"one ", b"two"]), timeout=5)

    assert answer.text == "one two"


def test_an_app_of_werkzeug_finds_a_body_that_came_in_chunks() -> None:
    with HttpServer(Request.application(lambda request: Response(request.get_data()))) as server:
        answer = requests.post(server.url, data=iter([b"one ", b"two"]), timeout=5)

    assert answer.text == "one two"


def test_a_server_takes_no_longer_body_than_it_is_told_to() -> None:
    with HttpServer(echo, body_limit=4) as server:
        statuses = [requests.post(server.url, data=b"x" * n, timeout=5).status_code for n in (4, 5)]

    assert statuses == [200, 413]


def test_repeated_headers_are_joined(server: HttpServer) -> None:
    answer = raw_exchange(server.url, b"GET / HTTP/1.1\r\nX-Sent: 1\r\nX-Sent: 2\r\n" + LAST)

    assert b"X-Echo: 1, 2\r\n" in answer


def test_a_header_with_an_underscore_is_not_taken_for_one_with_a_dash(server: HttpServer) -> None:
    answer = raw_exchange(server.url, b"GET / HTTP/1.1\r\nX-Sent: 1\r\nX_Sent: 2\r\n" + LAST)

    assert b"X-Echo: 1\r\n" in answer


def test_a_client_that_expects_100_continue_gets_it(server: HttpServer) -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n" + LAST

    answer = raw_exchange(server.url, head, b"body")

    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    ("framing", "status"),
    [
        (b"Content-Length: nine\r\n", b"400"),
        (b"Content-Length: -1\r\n", b"400"),
        (b"Content-Length: 1\r\nContent-Length: 2\r\n", b"400"),
        (b"Content-Length: 99999999999999999999999\r\n", b"413"),
        (b"Transfer-Encoding: chunked\r\n", b"400"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_and_the_connection_closed(
    server: HttpServer, framing: bytes, status: bytes
) -> None:
    answer = raw_exchange(server.url, b"POST / HTTP/1.1\r\n" + framing + b"\r\n", b"zz\r\n")

    assert answer.startswith(b"HTTP/1.1 " + status)


def test_a_dropped_connection_is_closed_without_a_word(server: HttpServer) -> None:
    assert raw_exchange(server.url, b"GET /drop HTTP/1.1\r\n\r\n") == b""


def test_an_app_that_fails_is_a_500_without_details(
    server: HttpServer, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = requests.get(f"{server.url}/fail", timeout=5)

    assert answer.status_code == 500
    assert "eyes" not in answer.text
    assert "ValueError: not for the caller's eyes" in capfd.readouterr().err


def test_stopping_ends_requests_that_wait_and_connections_that_idle() -> None:
    arrived = threading.Event()

    def answer_late(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/late":
            arrived.set()
            delay(environ, 60)
        return echo(environ, start_response)

    before = set(threading.enumerate())
    server = HttpServer(answer_late)
    server.start()
    late = threading.Thread(target=raw_exchange, args=(server.url, b"GET /late HTTP/1.1\r\n\r\n"))
    late.start()
    with requests.Session() as idle:
        idle.get(server.url, timeout=5)
        assert arrived.wait(timeout=5)

        server.stop()

        late.join(timeout=5)
        assert set(threading.enumerate()) <= before


def test_stopping_twice_or_before_the_start_is_fine() -> None:
    server = HttpServer(echo)
    server.stop()
    server.start()
    server.stop()
    server.stop()


def test_a_taken_port_is_an_oserror_and_leaves_nothing_behind(server: HttpServer) -> None:
    port = int(server.url.rpartition(":")[2])

    with pytest.raises(OSError, match="in use"):
        HttpServer(echo, port=port).start()


def test_a_port_is_free_again_after_the_stop() -> None:
    with HttpServer(echo) as first:
        requests.get(first.url, timeout=5)
    port = int(first.url.rpartition(":")[2])

    with HttpServer(echo, port=port) as second:
        assert requests.get(second.url, timeout=5).status_code == 200


def test_a_caller_who_has_gone_before_the_answer_leaves_nothing_open() -> None:
    asked, gone = threading.Event(), threading.Event()
    handlers: list[WsgiRequestHandler] = []

    class Kept(WsgiRequestHandler):
        def setup(self) -> None:
            handlers.append(self)
            super().setup()

    def slow(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked.set()
        gone.wait(5)
        start_response("200 OK", [("Content-Length", "4")])
        return [b"late"]

    server = KeepAliveServer(("127.0.0.1", 0), partial(Kept, wsgi_app=slow))
    with socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=5) as caller:
        server.handle_request()
        caller.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert asked.wait(5)
        reset_at_once = struct.pack("ii", 1, 0)
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset_at_once)
    gone.set()
    server.server_close()

    (handler,) = handlers
    assert handler.rfile.closed
    assert handler.connection.fileno() == -1
