"""A meter in front of DynamoDB Local. It records each call and its capacity units."""

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

_FORWARDED_HEADERS: Final = ("Authorization", "Content-Type", "X-Amz-Date", "X-Amz-Target")
_REQUEST_ID: Final = "x-amzn-RequestId"
_TRANSACTION: Final = "TransactWriteItems"
_WRITES: Final = frozenset({_TRANSACTION, "PutItem", "UpdateItem", "DeleteItem"})
_TABLES_SHARE: Final = 1 / 2
"""DynamoDB Local reports twice the documented units of a transaction: 4 for an item of 1 KB."""
_INDEXES_SHARE: Final = 1 / 4
"""A transaction's write to an index costs what it costs outside one, as others measured at AWS.
DynamoDB Local reports four times that, and only if a request asks for `INDEXES`.

https://github.com/nubo-db/dynoxide/pull/188
"""


@dataclass(frozen=True, slots=True)
class Metered:
    """A call and its units of on-demand capacity."""

    operation: str
    read_units: float = 0
    write_units: float = 0


class MeteredDynamoDB:
    """A proxy that adds a request for the consumed capacity to each call.

    Args:
        url: The address of DynamoDB Local.
    """

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url).netloc
        self.calls: list[Metered] = []

    def wsgi_app(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        content = json.loads(request.get_data()) | {"ReturnConsumedCapacity": "INDEXES"}
        status, headers, body = self._forward(request, json.dumps(content).encode())
        operation = request.headers["X-Amz-Target"].rpartition(".")[2]
        self.calls.append(_metered(operation, json.loads(body)))
        response = Response(body, status, headers, content_type=request.content_type)
        return response(environ, start)

    def _forward(self, request: Request, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self._address, timeout=10)
        try:
            headers = {name: request.headers[name] for name in _FORWARDED_HEADERS}
            connection.request("POST", "/", body, headers)
            answer = connection.getresponse()
            # Without its id, the service takes the answer for another server's.
            request_id = {_REQUEST_ID: answer.headers.get(_REQUEST_ID, "")}
            return answer.status, request_id, answer.read()
        finally:
            connection.close()


@contextmanager
def metered(url: str) -> Iterator[tuple[MeteredDynamoDB, str]]:
    """Run a meter in front of DynamoDB Local. Yield the meter and its address."""
    meter = MeteredDynamoDB(url)
    with HttpServer(meter.wsgi_app) as server:
        yield meter, server.url


def _metered(operation: str, answer: Mapping[str, Any]) -> Metered:
    consumed = answer.get("ConsumedCapacity", [])
    tables = consumed if isinstance(consumed, list) else [consumed]
    units = sum(each["CapacityUnits"] for each in tables)
    if operation == _TRANSACTION:
        units = sum(map(_units_of_transaction, tables))
    if operation in _WRITES:
        return Metered(operation, write_units=units)
    return Metered(operation, read_units=units)


def _units_of_transaction(consumed: Mapping[str, Any]) -> float:
    indexes = consumed.get("GlobalSecondaryIndexes", {}).values()
    of_indexes: float = sum(each["CapacityUnits"] for each in indexes)
    of_table: float = consumed["CapacityUnits"] - of_indexes
    return of_table * _TABLES_SHARE + of_indexes * _INDEXES_SHARE
