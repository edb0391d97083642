import json
import socket
import time
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from chalice import Chalice, Response
from chalice.config import Config
from werkzeug.wrappers import Response as OtherResponse

from local.aws.gateway import LocalGatewayServer
from tests.stand_ins.known import raw_exchange

LAST = b"Connection: close\r\n\r\n"


def echo_app() -> Chalice:
    app = Chalice(app_name="echo")

    @app.route("/echo", methods=["GET", "POST"], content_types=["*/*"])
    def echo() -> dict[str, Any]:
        request = app.current_request
        assert request is not None
        body = request.raw_body
        return {
            "body": body.decode() if isinstance(body, bytes) else body,
            "authorization": request.headers.get("authorization"),
        }

    @app.route("/unsendable")
    def unsendable() -> Response:
        return Response({"when": {1, 2}})

    return app


def other_server(
    method: str, path: str, headers: Mapping[str, str], body: bytes | None
) -> OtherResponse | None:
    """Answer one path that the app does not have."""
    if path.partition("?")[0] not in ("/other", "/echo"):
        return None
    seen = {"method": method, "path": path, "host": headers["host"], "body": (body or b"").decode()}
    return OtherResponse(json.dumps(seen), 418, {"X-Other": "1"}, content_type="text/plain")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = LocalGatewayServer(echo_app(), Config(), "127.0.0.1", 0, fallback=other_server)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server.server_close()


def body_of(answer: bytes) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return body


def test_two_slashes_at_the_start_of_a_path_count_as_one(url: str) -> None:
    """Check paths that some sample apps send with one slash too many: `docs/sample-apps.md`."""
    answer = raw_exchange(url, b"GET //echo HTTP/1.1\r\n" + LAST)

    assert answer.startswith(b"HTTP/1.1 200")


def test_two_authorization_headers_are_both_seen(url: str) -> None:
    sent = b"GET /echo HTTP/1.1\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n" + LAST

    assert body_of(raw_exchange(url, sent))["authorization"] == "Bearer a, Bearer b"


def test_a_body_in_chunks_reaches_the_app(url: str) -> None:
    answer = requests.post(f"{url}/echo", data=iter([b"one ", b"two"]), timeout=5)

    assert answer.json()["body"] == "one two"


@pytest.mark.parametrize(
    ("framing", "status"),
    [
        (b"Content-Length: nine\r\n", b"400"),
        (b"Content-Length: 1\r\nContent-Length: 2\r\n", b"400"),
        (b"Content-Length: 10485761\r\n", b"413"),
        (b"Transfer-Encoding: chunked\r\n", b"400"),
    ],
)
def test_a_body_that_cannot_be_read_gets_an_answer(url: str, framing: bytes, status: bytes) -> None:
    answer = raw_exchange(url, b"POST /echo HTTP/1.1\r\n" + framing + b"\r\n", b"zz\r\n")

    assert answer.startswith(b"HTTP/1.1 " + status)
    assert list(body_of(answer)) == ["message"]


@pytest.mark.parametrize("method", ["DELETE", "TRACE", "QUERY", "MADE-UP"])
def test_a_method_that_the_path_does_not_know_is_the_apps_to_answer(url: str, method: str) -> None:
    assert requests.request(method, f"{url}/echo", timeout=5).status_code == 405


def test_head_gets_no_body_and_the_connection_stays_usable(url: str) -> None:
    with requests.Session() as http:
        head = http.head(f"{url}/echo", timeout=5)
        get = http.get(f"{url}/echo", timeout=5)

    assert (head.status_code, head.text) == (405, "")
    assert int(head.headers["Content-Length"]) > 0
    assert get.status_code == 200


def test_what_the_app_has_no_route_for_is_the_other_servers_to_answer(url: str) -> None:
    with requests.Session() as http:
        answer = http.post(f"{url}/other?a=b", data=iter([b"one ", b"two"]), timeout=5)
        head = http.head(f"{url}/other", timeout=5)
        of_the_app = http.post(f"{url}/echo", data="mine", timeout=5)

    assert (answer.status_code, answer.headers["X-Other"]) == (418, "1")
    assert answer.headers["Content-Type"] == "text/plain"
    host = url.removeprefix("http://")
    assert answer.json() == {
        "method": "POST",
        "path": "/other?a=b",
        "host": host,
        "body": "one two",
    }
    assert (head.status_code, head.text) == (418, "")
    assert of_the_app.json()["body"] == "mine"


@pytest.mark.parametrize("authorization", [b"Bearer caf\xe9", b"Bearer abc"])
def test_an_unknown_path_is_404_whatever_the_authorization(url: str, authorization: bytes) -> None:
    sent = b"GET /nowhere HTTP/1.1\r\nAuthorization: " + authorization + b"\r\n" + LAST

    answer = raw_exchange(url, sent)
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"Access-Control-Allow-Origin: *\r\n" in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "no_such_route"
    assert b"bearer" not in answer.lower()


def test_a_non_ascii_authorization_reaches_the_app(url: str) -> None:
    sent = b"GET /echo HTTP/1.1\r\nAuthorization: Bearer caf\xe9\r\n" + LAST

    assert body_of(raw_exchange(url, sent))["authorization"] == "Bearer café"


def test_what_the_app_lets_out_is_a_502_as_behind_lambda(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = requests.get(f"{url}/unsendable", timeout=5)

    assert (answer.status_code, answer.json()) == (502, {"message": "Internal server error"})
    assert "not JSON serializable" in capfd.readouterr().err


def test_kept_connections_are_answered_without_delayed_acknowledgements(url: str) -> None:
    with requests.Session() as http:
        moments = [time.monotonic()]
        for _ in range(20):
            http.get(f"{url}/echo", timeout=5)
            moments.append(time.monotonic())

    # Chalice's own server takes 40 ms for each request; on a busy machine some may take as long.
    assert min(later - sooner for sooner, later in pairwise(moments)) < 0.03


def test_a_client_that_leaves_early_is_no_news(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as peer:
        peer.sendall(b"POST /echo HTTP/1.1\r\nContent-Length: 9\r\n\r\n")

    assert requests.get(f"{url}/echo", timeout=5).status_code == 200
    assert capfd.readouterr().err == ""


def test_the_stage_local_of_the_project_sets_no_variables() -> None:
    config = json.loads(Path(".chalice/config.json").read_text(encoding="utf-8"))

    # These variables would override the settings of `make run`.
    assert "environment_variables" not in config
    assert "environment_variables" not in config["stages"]["local"]
