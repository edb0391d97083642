"""Cold starts: from the start of a function's process to its first answer.

Each start is a new process under Lambda's runtime client, on one processor like a Lambda of this
memory size. The stand-ins of AWS and of the identity provider may use all processors. They answer
over plain HTTP and, as in production, over TLS.
"""

import os
import re
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from bench.figures.costs import (
    Cost,
    Spread,
    interleaved,
    processor_seconds,
    processors,
    ratios,
    walls,
)
from bench.figures.report import Row, Section, cost_row, times
from bench.join_event import CREATED, join_event
from bench.node_function import (
    NodeFunction,
    NodeProcess,
    install_node_functions,
    with_compile_cache,
)
from bench.over_tls import running_over_tls, trusting
from bench.packages import OtherPython, Packages, build_packages
from bench.surroundings import API_KEY, API_SECRET, AWS_VARIABLES, room_of_alice
from chalicelib.adapters.dynamodb.room_items import room_item
from stand_ins.lambda_runtime.process import LambdaProcess
from tests.support.servers.stand_ins import TABLE, StandIns, running_stand_ins

COLD_SECONDS: Final = "a cold start, seconds"
NODE_RATIO: Final = "the same join in bundled Node over TLS, to ours"

_ARN: Final = "arn:aws:lambda:us-east-1:123456789012:function:roomkey-bench"
_ROUNDS: Final = 11
_OK: Final = 200
_OURS: Final = "a join with our package"
_PLAIN: Final = "the same, packed by plain `chalice deploy`"
_HELLO: Final = "a bare Chalice hello world"
_OVER_TLS: Final = ", over TLS"
_CACHED: Final = ", with a compile cache"
_ON_OTHER: Final = "the same, on Python "
_AIMS: Final = {_PLAIN: " (aim: ≥ 2)"}
_NODES_AIM: Final = " (aim: ≥ 1)"


class _Function(Protocol):
    @property
    def start_seconds(self) -> float: ...
    @property
    def pid(self) -> int: ...
    def invoke(self, event: Mapping[str, Any], /) -> Any: ...  # noqa: ANN401 - JSON


@dataclass
class _Contender:
    """A function that is started again and again, with its event and its expected status."""

    process: Callable[[], AbstractContextManager[_Function]]
    event: Mapping[str, Any]
    status: int = CREATED
    megabytes: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{Spread.of(self.megabytes).median:.0f} MB"

    def start(self) -> Cost:
        """Measure one cold start."""
        with self.process() as function:
            began = time.perf_counter()
            answer = function.invoke(self.event)
            wall = function.start_seconds + time.perf_counter() - began
            if answer["statusCode"] != self.status:
                raise RuntimeError(answer["body"])
            self.megabytes.append(_peak_megabytes(function.pid))
            return Cost(wall, processor_seconds(function.pid))


def section() -> Section:
    """Measure the cold starts of all contenders."""
    os.environ |= AWS_VARIABLES
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        folder = Path(name)
        packages, nodes = build_packages(folder), install_node_functions(folder)
        stand_ins = running.enter_context(running_stand_ins())
        tls = running.enter_context(running_over_tls(stand_ins, folder))
        trusted = trusting(packages.ours, tls.authority, folder / "trusting")
        _stay_on_one_processor()
        environment = _environment(stand_ins)
        join = join_event("standup", stand_ins.identity.bearer("alice", name="Alice"))
        if nodes:
            newest = list(nodes)[-1]
            nodes[newest + _CACHED] = with_compile_cache(nodes[newest], environment, join)
        contenders = _contenders(environment, join, packages, nodes)
        encrypted = environment | tls.environment
        contenders[_OURS + _OVER_TLS] = _Contender(_python(trusted, encrypted), join)
        for bundled in list(nodes)[1:]:
            contenders[bundled + _OVER_TLS] = _Contender(_node(nodes[bundled], encrypted), join)
        starts = {name: contender.start for name, contender in contenders.items()}
        interleaved(1, starts)
        return _section(interleaved(_ROUNDS, starts), contenders, packages)


def _environment(stand_ins: StandIns) -> dict[str, str]:
    _create_room(stand_ins)
    return {
        **stand_ins.environment,
        "AWS_ENDPOINT_URL": stand_ins.aws_server.url,
        "AWS_REGION": AWS_VARIABLES["AWS_REGION"],
        "AWS_DEFAULT_REGION": AWS_VARIABLES["AWS_DEFAULT_REGION"],
    }


def _contenders(
    environment: Mapping[str, str],
    join: Mapping[str, Any],
    packages: Packages,
    nodes: Mapping[str, NodeFunction],
) -> dict[str, _Contender]:
    hello = {**join, "resource": "/", "path": "/", "httpMethod": "GET", "body": None}
    hello["requestContext"] = join["requestContext"] | {"resourcePath": "/", "httpMethod": "GET"}
    return {
        _OURS: _Contender(_python(packages.ours, environment), join),
        _PLAIN: _Contender(_python(packages.plain, environment), join),
        _HELLO: _Contender(_python(packages.hello, environment), hello, _OK),
        **{
            _ON_OTHER + version: _Contender(_other(python, environment), join)
            for version, python in packages.others.items()
            if python is not None
        },
        **{name: _Contender(_node(node, environment), join) for name, node in nodes.items()},
    }


def _python(package: Path, environment: Mapping[str, str]) -> Callable[[], LambdaProcess]:
    return lambda: LambdaProcess(package, environment, function_arn=_ARN)


def _other(python: OtherPython, environment: Mapping[str, str]) -> Callable[[], LambdaProcess]:
    return lambda: LambdaProcess(
        python.package,
        environment,
        function_arn=_ARN,
        python=python.interpreter,
        runtime=python.runtime,
    )


def _node(node: NodeFunction, environment: Mapping[str, str]) -> Callable[[], NodeProcess]:
    return lambda: NodeProcess(node, environment, _ARN)


def _create_room(stand_ins: StandIns) -> None:
    """Create a room, so that the join is a re-join, as in most cold starts."""
    stand_ins.start_anew()
    stand_ins.put_secret({"apiKey": API_KEY, "apiSecret": API_SECRET})
    stand_ins.dynamodb().put_item(TableName=TABLE, Item=room_item(room_of_alice("standup")))


def _section(
    costs: Mapping[str, Sequence[Cost]],
    contenders: Mapping[str, _Contender],
    packages: Packages,
) -> Section:
    rows = [
        cost_row(name, each, f"{_compared(name, costs)}{contenders[name]}")
        for name, each in costs.items()
    ]
    rows += [
        Row(what=_ON_OTHER + version, median="not on this machine")
        for version, python in packages.others.items()
        if python is None
    ]
    if not any(name.startswith("Node") for name in costs):
        rows.append(Row(what="the same join in Node", median="no Node here"))
    figures = {COLD_SECONDS: Spread.of(walls(costs[_OURS])).median}
    rivals = [
        each for name, each in costs.items() if "bundled" in name and name.endswith(_OVER_TLS)
    ]
    if rivals:
        compared = ratios(walls(rivals[0]), walls(costs[_OURS + _OVER_TLS]))
        figures[NODE_RATIO] = compared.median
    title = "Cold start, from process start to first answer, on one processor"
    return Section(title, rows, figures)


def _compared(name: str, costs: Mapping[str, Sequence[Cost]]) -> str:
    """Compare a contender with ours over the same protocol, and ours over TLS with HTTP."""
    if name == _OURS:
        return ""
    rival = name.startswith("Node")
    ours = costs[_OURS + _OVER_TLS if rival and name.endswith(_OVER_TLS) else _OURS]
    wall = times(ratios(walls(costs[name]), walls(ours)))
    processor = times(ratios(processors(costs[name]), processors(ours)))
    aim = _NODES_AIM if rival else _AIMS.get(name, "")
    return f"{wall} × ours{aim}; processor time {processor} ×; "


def _stay_on_one_processor() -> None:
    """Use one processor for this thread and its future processes. The stand-ins already run."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def _peak_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return int(kilobytes) / 1024
