"""Joins over HTTP: the app runs as in `make run`, but with DynamoDB Local.

Callers, app, stand-ins and database share this machine, so the figures depend on the machine.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Final

import boto3

from bench.figures.costs import Spread
from bench.figures.report import Section
from bench.join_event import CREATED
from bench.load import CALLERS, Load, PostRequest, run_in_turn
from bench.surroundings import AWS_VARIABLES, QUOTAS, fill_pool
from local.app_environment import app_environment
from local.app_process import AppProcess
from local.bearer import fetch_bearer
from local.ports import Ports
from local.providers.provider import Provider, chosen_provider
from local.stack import STAGE, Stack
from local.stop_request import StopRequest
from stand_ins.aws import resources
from tests.support.programs.dynamodb_local import running_dynamodb_local
from tests.support.servers.free_ports import free_ports

RE_JOINS: Final = "re-joins a second over HTTP, 8 at once"

_USERS: Final = 100
"""The users who create the rooms in turn, so that none of them has very many."""


def section() -> Section:
    """Measure joins per second and the time of each join."""
    numbers = count()
    with running_stack() as stack:
        ports = stack.ports
        bearers = [fetch_bearer(ports, f"user-{number}") for number in range(_USERS)]

        def first_join() -> PostRequest:
            number = next(numbers)
            return join(f"first-{number}", bearers[number % _USERS])

        joins = {"first joins": first_join, "re-joins": lambda: join("standup", bearers[0])}
        loads = {
            f"{kind}, {callers} at once": _joins(request, callers)
            for kind, request in joins.items()
            for callers in CALLERS
        }
        run_in_turn((load, ports) for load in loads.values())
    figures = {RE_JOINS: Spread.of(loads["re-joins, 8 at once"].per_second).median}
    return Section("Over HTTP", [load.row(what) for what, load in loads.items()], figures)


def _joins(request: Callable[[], PostRequest], callers: int) -> Load:
    return Load(callers, lambda _: request())


def join(room: str, bearer: str) -> PostRequest:
    return PostRequest(f"/rooms/{room}/tokens", "{}", bearer, CREATED)


@dataclass(frozen=True)
class RunningStack:
    """The app over HTTP, with the stand-ins and DynamoDB Local.

    Args:
        environment: The app's variables, for another app on the same stand-ins and table.
    """

    ports: Ports
    provider: Provider
    environment: Mapping[str, str]

    @contextmanager
    def another_app(self, **settings: str) -> Iterator[Ports]:
        """Run another app with these settings changed, and yield its ports."""
        ports = free_ports()
        app = AppProcess(ports, {**self.environment, **settings})
        try:
            app.wait_until_up(StopRequest())
            yield ports
        finally:
            app.stop()


@contextmanager
def running_stack(pooled: int = 0, *, moto: bool = False) -> Iterator[RunningStack]:
    """Run the local stack with DynamoDB Local instead of moto's tables.

    Args:
        pooled: The number of sessions in the pool; 0 switches it off.
        moto: True to leave the tables to moto, with the pool switched off.
    """
    os.environ |= AWS_VARIABLES | QUOTAS
    os.environ |= {"MIN_POOLED_SESSIONS": "0", "MAX_POOLED_SESSIONS": f"{pooled}"}
    ports, provider = free_ports(), chosen_provider({})
    with ExitStack() as running:
        environment = apps = app_environment(os.environ, ports, provider)
        if not moto:
            url = running.enter_context(running_dynamodb_local())
            client = boto3.client("dynamodb", endpoint_url=url)
            table = resources.create_table(STAGE, client)
            if pooled:
                fill_pool(client, table, provider.secret["apiKey"], pooled)
            apps = environment | {"AWS_ENDPOINT_URL_DYNAMODB": url}
        app = AppProcess(ports, apps)
        running.callback(app.stop)
        stack = Stack(ports, provider, environment)
        running.callback(stack.stop)
        stack.start()
        app.wait_until_up(StopRequest())
        yield RunningStack(ports, provider, apps)
