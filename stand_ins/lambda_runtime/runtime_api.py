"""Lambda's Runtime API, from which a function's runtime client fetches its events.

See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
"""

import json
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Self
from uuid import uuid4

from stand_ins.http.keep_alive import KeepAliveRequestHandler, KeepAliveServer

_PREFIX: Final = "/2018-06-01/runtime"


class FunctionFailedError(Exception):
    """The function ended an invocation, or its start, with an error."""


@dataclass(frozen=True)
class _Invocation:
    event: Mapping[str, Any]
    function_arn: str
    deadline_ms: int
    id: str = field(default_factory=lambda: str(uuid4()))
    outcome: "queue.Queue[tuple[str, Any]]" = field(default_factory=queue.Queue)


class RuntimeApi:
    """A server that hands events to one function's process and takes its answers."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        """Set when the function asks for its first event, and so has loaded its modules."""
        self.failure: Any = None
        """The function's report of a failed start."""
        self._waiting: queue.Queue[_Invocation | None] = queue.Queue()
        self._running: dict[str, _Invocation] = {}
        self._server = _Server(self)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._waiting.put(None)
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        """Return the value of AWS_LAMBDA_RUNTIME_API."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def invoke(self, event: Mapping[str, Any], function_arn: str, seconds: float) -> Any:  # noqa: ANN401 - JSON
        """Return the function's answer to an event.

        Raises:
            FunctionFailedError: The function raised, or did not answer in time.
        """
        deadline_ms = int((time.time() + seconds) * 1000)
        invocation = _Invocation(event, function_arn, deadline_ms)
        self._waiting.put(invocation)
        try:
            kind, content = invocation.outcome.get(timeout=seconds)
        except queue.Empty:
            raise FunctionFailedError(f"no answer within {seconds} s") from None
        if kind == "error":
            raise FunctionFailedError(json.dumps(content, indent=2))
        return content

    def next(self) -> _Invocation | None:
        """Wait for the next event and return it; None at the end."""
        self.ready.set()
        invocation = self._waiting.get()
        if invocation is not None:
            self._running[invocation.id] = invocation
        return invocation

    def take(self, path: str, content: Any) -> None:  # noqa: ANN401 - JSON
        """Record an answer or an error that the function posts to this path of the API."""
        match path.removeprefix(f"{_PREFIX}/").split("/"):
            case ["init", "error"]:
                self.failure = content
                self.ready.set()
            case ["invocation", invocation_id, kind]:
                self._running.pop(invocation_id).outcome.put((kind, content))
            case _:
                raise ValueError(f"the Runtime API has no {path}")


class _Server(KeepAliveServer):
    def __init__(self, api: RuntimeApi) -> None:
        self.api = api
        super().__init__(("127.0.0.1", 0), _RequestHandler)


class _RequestHandler(KeepAliveRequestHandler):
    server: _Server

    def do_GET(self) -> None:  # noqa: N802 - as the base looks it up
        invocation = self.server.api.next()
        if invocation is None:
            self.close_connection = True
            return
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
        }
        self._answer(HTTPStatus.OK, json.dumps(invocation.event).encode(), headers)

    def do_POST(self) -> None:  # noqa: N802 - as above
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.api.take(self.path, json.loads(body or b"null"))
        self._answer(HTTPStatus.ACCEPTED, b"{}", {})

    def _answer(self, status: HTTPStatus, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
