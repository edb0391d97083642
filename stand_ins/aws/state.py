"""The state that moto keeps for the whole process, and its handlers, called one at a time.

moto is not atomic under threads: two conditional puts may both find no item. Its state belongs to
the process, so all stand-ins of a process share one lock.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from wsgiref.types import WSGIEnvironment

from moto.core.request import Request
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.responses import DynamoHandler
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.secretsmanager.responses import SecretsManagerResponse
from werkzeug.wrappers import Response

RESET: Final = "Reset"
"""Stands among the changes when all was forgotten."""

_READS: Final = re.compile(r"(DynamoDB|SecretsManager)[.](BatchGet|Describe|Get|List|Query|Scan)")
# A Flask app per service sends every call to these handlers. They need no route, because each call
# names its operation in a header.
_HANDLERS: Final = {"DynamoDB": DynamoHandler, "SecretsManager": SecretsManagerResponse}
_ONE_AT_A_TIME: Final = threading.RLock()
_ALL_ELSE: Final = DomainDispatcherApplication(create_backend_app)
_CHANGES: Final = {RESET}


def perform(operation: str, environ: WSGIEnvironment) -> Response:
    """Let moto perform one call, such as "DynamoDB.GetItem"."""
    handler = _HANDLERS.get(operation.partition(".")[0])
    with _ONE_AT_A_TIME:
        if not _READS.match(operation):
            _CHANGES.add(operation)
        if handler is None:
            return Response.from_app(_ALL_ELSE, environ, buffered=True)
        status, headers, body = handler.dispatch(Request(environ))
        return Response(body, status, headers)


def reset() -> None:
    """Forget every table, secret and bucket."""
    with _ONE_AT_A_TIME:
        # Only these services are reset. moto's KMS would make a new RSA key for the next encrypted
        # table.
        for backends in (dynamodb_backends, s3_backends, secretsmanager_backends):
            for account in backends.values():
                for backend in account.values():
                    backend.reset()
        _CHANGES.add(RESET)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let moto perform nothing while the body reads or changes its state."""
    with _ONE_AT_A_TIME:
        _CHANGES.add(RESET)
        yield


def empty_tables() -> None:
    """Delete every item of every table."""
    with _ONE_AT_A_TIME:
        for account in dynamodb_backends.values():
            for backend in account.values():
                for table in backend.tables.values():
                    table.items.clear()


def changes() -> frozenset[str]:
    """Return the operations since `forget_changes` that may have changed anything."""
    with _ONE_AT_A_TIME:
        return frozenset(_CHANGES)


def forget_changes() -> None:
    with _ONE_AT_A_TIME:
        _CHANGES.clear()
