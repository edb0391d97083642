"""DynamoDB Local behind a meter: which calls are made of it, and what AWS would charge for them."""

import http.client
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.wrappers import Request, Response

from stand_ins.http.server import HttpServer

_PASSED_ON: Final = ("Authorization", "Content-Type", "X-Amz-Date", "X-Amz-Target")
_TRANSACTION: Final = "TransactWriteItems"
_WRITES: Final = frozenset({_TRANSACTION, "PutItem", "UpdateItem", "DeleteItem"})
_TWICE_TOO_MUCH: Final = 2
"""DynamoDB Local reports 4 units for an item of 1 KB written in a transaction; AWS documents 2. Of
transactions it counts the indexes only where it is asked for them one by one."""


@dataclass(frozen=True, slots=True)
class Metered:
    """A call, and the units of on-demand capacity that it is charged as."""

    operation: str
    read_units: float = 0
    write_units: float = 0


class MeteredDynamoDB:
    """Passes calls on, and asks for what the caller did not: the capacity that they consume.

    Args:
        url: Where DynamoDB Local is.
    """

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url).netloc
        self.calls: list[Metered] = []

    def wsgi_app(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        asked = json.loads(request.get_data()) | {"ReturnConsumedCapacity": "INDEXES"}
        status, body = self._pass_on(request, json.dumps(asked).encode())
        operation = request.headers["X-Amz-Target"].rpartition(".")[2]
        self.calls.append(_metered(operation, json.loads(body)))
        return Response(body, status, content_type=request.content_type)(environ, start)

    def _pass_on(self, request: Request, body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._address, timeout=10)
        try:
            headers = {name: request.headers[name] for name in _PASSED_ON}
            connection.request("POST", "/", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def metered(url: str) -> Iterator[tuple[MeteredDynamoDB, str]]:
    """A meter before the DynamoDB Local of this address, and the address to use instead."""
    meter = MeteredDynamoDB(url)
    with HttpServer(meter.wsgi_app) as server:
        yield meter, server.url


def _metered(operation: str, answer: Mapping[str, Any]) -> Metered:
    consumed = answer.get("ConsumedCapacity", [])
    tables = consumed if isinstance(consumed, list) else [consumed]
    units = sum(each["CapacityUnits"] for each in tables)
    if operation == _TRANSACTION:
        units /= _TWICE_TOO_MUCH
    if operation in _WRITES:
        return Metered(operation, write_units=units)
    return Metered(operation, read_units=units)
