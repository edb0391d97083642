"""Re-joins over HTTP: where their processor time goes, and those of OpenTok's learning server."""

import http.client
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.figures.costs import Spread, processor_seconds, ratios
from bench.figures.report import Row, Section, milliseconds, times
from bench.load import Load, run_in_turn
from bench.node_function import DICTIONARY_SERVER, install_node_functions
from bench.over_http import join, running_stack
from bench.own_process import in_own_process
from bench.surroundings import API_KEY, API_SECRET, room_of_alice
from local.bearer import fetch_bearer
from local.ports import HOST, Ports

_CALLERS: Final = 8
_ROUNDS: Final = 10
_REQUESTS: Final = 200
_APP: Final = "local.serve_app"
_DATABASE: Final = "DynamoDBLocal"


@dataclass
class Split:
    """The processor seconds of a re-join, by where they were spent, in each round."""

    app: list[float]
    server: list[float]
    database: list[float]


def section() -> Section:
    """Measure one caller's re-joins by process, and eight callers' beside those of a rival."""
    with running_stack() as stack:
        bearer = fetch_bearer(stack.ports, "user-0")
        with_database = _split(stack.ports, bearer, database_is_process=True)
        rows = _rows_beside(stack.ports, bearer)
    with_moto = in_own_process(_with_moto)  # moto's tables are those of a process
    split = [
        _row("the app and its local server", with_database.app),
        _row(
            "a GET /health, which is the local server and Chalice",
            with_database.server,
            f"{times(ratios(with_database.server, with_database.app))} × the re-join's",
        ),
        _row("DynamoDB Local", with_database.database),
        _row("moto, in place of DynamoDB Local", with_moto.database),
    ]
    return Section("A re-join over HTTP, processor time by process", [*split, *rows])


def _with_moto() -> Split:
    with running_stack(moto=True) as stack:
        return _split(stack.ports, fetch_bearer(stack.ports, "user-0"))


def _split(ports: Ports, bearer: str, *, database_is_process: bool = False) -> Split:
    """Return the costs of a re-join. moto runs in this process, and its callers do not count."""
    app = _child(_APP)
    found = Split([], [], [])

    def database() -> float:
        if database_is_process:
            return processor_seconds(_child(_DATABASE))
        return time.process_time() - time.thread_time()

    request = join("standup", bearer)
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(HOST, ports.app, timeout=30)
    for _ in range(_ROUNDS):
        start, start_of_database = processor_seconds(app), database()
        for _ in range(_REQUESTS):
            connection.request("POST", request.path, request.body, headers)
            connection.getresponse().read()
        found.database.append((database() - start_of_database) / _REQUESTS)
        middle = processor_seconds(app)
        for _ in range(_REQUESTS):
            connection.request("GET", "/health")
            connection.getresponse().read()
        found.app.append((middle - start) / _REQUESTS)
        found.server.append((processor_seconds(app) - middle) / _REQUESTS)
    connection.close()
    return found


def _rows_beside(ports: Ports, bearer: str) -> list[Row]:
    ours = Load(_CALLERS, lambda _: join("standup", bearer))
    with tempfile.TemporaryDirectory() as name, _learning_server(Path(name)) as port:
        if port is None:
            run_in_turn([(ours, ports)], _ROUNDS)
            return [ours.row(f"re-joins, {_CALLERS} at once")]
        theirs = Load(_CALLERS, lambda _: join("standup", bearer))
        run_in_turn([(ours, ports), (theirs, Ports(port))], _ROUNDS)
    compared = f"{times(ratios(theirs.per_second, ours.per_second))} × as many; "
    return [
        ours.row(
            f"re-joins, {_CALLERS} at once",
            "verifies the bearer token, checks the room's rules, reads DynamoDB Local, logs; ",
        ),
        theirs.row(
            f"the same by a server like learning-opentok-node, {_CALLERS} at once",
            f"{compared}authenticates nobody, and reads a dictionary of its one process; ",
        ),
    ]


@contextmanager
def _learning_server(folder: Path) -> Iterator[int | None]:
    """Run the rival, and yield its port; None without Node."""
    node = shutil.which("node")
    if node is None or not install_node_functions(folder):
        yield None
        return
    variables = {
        "API_KEY": API_KEY,
        "API_SECRET": API_SECRET,
        "SESSION_ID": room_of_alice("standup").session_id,
        "NODE_ENV": "production",
        "PATH": os.environ["PATH"],
    }
    with subprocess.Popen(  # noqa: S603 - Node
        [node, DICTIONARY_SERVER], cwd=folder / "node", env=variables, stdout=subprocess.PIPE
    ) as process:
        try:
            yield int(process.stdout.readline()) if process.stdout else None
        finally:
            process.kill()


def _child(name: str) -> int:
    """Return the id of this process's child with this name in its command."""
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in children.read_text().split():
            if name in Path(f"/proc/{pid}/cmdline").read_text():
                return int(pid)
    raise RuntimeError(f"no process {name}")


def _row(what: str, seconds: list[float], remarks: str = "") -> Row:
    spread = Spread.of(seconds)
    return Row(
        what=what,
        median=milliseconds(spread.median),
        quartiles=f"{milliseconds(spread.low, unit='')}–{milliseconds(spread.high)}",
        processor=milliseconds(spread.median),
        remarks=remarks,
    )
