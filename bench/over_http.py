"""Joins over HTTP: the app as `make run` serves it, with DynamoDB Local behind.

Callers, app, stand-ins and database share this machine, so these figures are of the machine too.
"""

import http.client
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final

import boto3

from bench.costs import Spread
from bench.join_event import CREATED
from bench.report import Row, Section, milliseconds
from bench.surroundings import AWS_VARIABLES
from local import resources
from local.app_environment import app_environment
from local.app_process import AppProcess
from local.bearer import fetch_bearer
from local.ports import HOST, Ports
from local.provider import chosen_provider
from local.stack import STAGE, Stack
from local.stop_request import StopRequest
from tests.support.dynamodb_local import running_dynamodb_local
from tests.support.free_ports import free_ports

CALLERS: Final = (1, 8, 32)

_ROUNDS: Final = 10
_JOINS_PER_ROUND: Final = 96
_PERCENT: Final = 100


@dataclass
class _Load:
    """So many callers who come at once, each joining again and again on a kept connection."""

    callers: int
    room: Callable[[], str]
    per_second: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def run(self, ports: Ports, bearer: str) -> None:
        """One round."""
        each = _JOINS_PER_ROUND // self.callers
        with ThreadPoolExecutor(self.callers) as pool:
            started = time.perf_counter()
            rounds = [pool.submit(self._joins, ports, bearer, each) for _ in range(self.callers)]
            taken = [seconds for round_ in rounds for seconds in round_.result()]
            self.per_second.append(len(taken) / (time.perf_counter() - started))
        self.seconds += taken

    def _joins(self, ports: Ports, bearer: str, times: int) -> list[float]:
        connection = http.client.HTTPConnection(HOST, ports.app, timeout=30)
        try:
            return [_join(connection, self.room(), bearer) for _ in range(times)]
        finally:
            connection.close()


def section() -> Section:
    """How many joins a second, and how long each takes."""
    numbers = count()

    def new_room() -> str:
        return f"first-{next(numbers)}"

    with _running() as ports:
        bearer = fetch_bearer(ports, "alice")
        loads = {
            f"{kind}, {callers} at once": _Load(callers, room)
            for kind, room in (("first joins", new_room), ("re-joins", lambda: "standup"))
            for callers in CALLERS
        }
        for load in loads.values():
            load.run(ports, bearer)
            load.per_second.clear()
            load.seconds.clear()
        for _ in range(_ROUNDS):
            for load in loads.values():
                load.run(ports, bearer)
    return Section("Over HTTP", [_row(what, load) for what, load in loads.items()])


@contextmanager
def _running() -> Iterator[Ports]:
    """The local stack, with Amazon's own engine in place of moto's tables."""
    os.environ |= AWS_VARIABLES
    ports, provider = free_ports(), chosen_provider({})
    with ExitStack() as running:
        url = running.enter_context(running_dynamodb_local())
        resources.create_table(STAGE, boto3.client("dynamodb", endpoint_url=url))
        environment = app_environment(os.environ, ports, provider)
        app = AppProcess(ports, environment | {"AWS_ENDPOINT_URL_DYNAMODB": url})
        running.callback(app.stop)
        stack = Stack(ports, provider, environment)
        running.callback(stack.stop)
        stack.start()
        app.wait_until_up(StopRequest())
        yield ports


def _join(connection: http.client.HTTPConnection, room: str, bearer: str) -> float:
    """The seconds that a join takes."""
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
    started = time.perf_counter()
    connection.request("POST", f"/rooms/{room}/tokens", "{}", headers)
    answer = connection.getresponse()
    body = answer.read()
    seconds = time.perf_counter() - started
    if answer.status != CREATED:
        raise RuntimeError(body.decode())
    return seconds


def _row(what: str, load: _Load) -> Row:
    per_second = Spread.of(load.per_second)
    return Row(
        what=what,
        median=f"{per_second.median:.0f} /s",
        quartiles=f"{per_second.low:.0f}–{per_second.high:.0f} /s",
        remarks=f"p50 {milliseconds(_percentile(load.seconds, 50))}, "
        f"p99 {milliseconds(_percentile(load.seconds, 99))}",
    )


def _percentile(values: Sequence[float], percent: int) -> float:
    return sorted(values)[len(values) * percent // _PERCENT]
