"""`docs/architecture.md` names the files that a flow really goes through, in that order."""

import ast
import re
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType

import pytest
import time_machine

from tests.support.callbacks import event, send_callback
from tests.support.live import Live
from tests.support.noon import NOON

ROOT = Path(__file__).parents[2]
FLOWS = (ROOT / "docs" / "architecture.md").read_text().split("\n### ")[1:]
ARCHIVES = "/rooms/standup/archives"
FILES_OF_A_JOIN = 20
FILES_OF_A_START = 25


def steps_of(flow: str) -> list[str]:
    """The file that each step of a flow begins with."""
    (text,) = (each for each in FLOWS if each.startswith(flow))
    return re.findall(r"^\d+\. `([^`]+\.py)`", text, re.MULTILINE)


def visited_by(act: Callable[[], object], *, new_threads: bool) -> list[str]:
    """The project's files that run in this thread, each once, in the order of their first calls.

    Args:
        act: What runs them.
        new_threads: Watch the threads that start meanwhile, too.
    """
    visited: dict[str, None] = {}

    def note(frame: FrameType, happened: str, _: object) -> None:
        path = Path(frame.f_code.co_filename)
        if happened == "call" and path.is_relative_to(ROOT) and ".venv" not in path.parts:
            visited[str(path.relative_to(ROOT))] = None

    threading.setprofile(note if new_threads else None)
    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return list(visited)


def check_order(flow: str, act: Callable[[], object], *, new_threads: bool = False) -> None:
    visited, steps = visited_by(act, new_threads=new_threads), steps_of(flow)
    assert len(steps) == len(set(steps))
    assert [each for each in visited if each in steps] == steps, visited


@pytest.fixture
def standup(live: Live) -> Live:
    """A room with a limit, which somebody is in, in an app that has been used before."""
    live.room(maxParticipants=10)
    live.publish(live.enter("bob"))
    live.settle()
    return live


def start_archive(live: Live) -> str:
    reply = live.ask("alice", "POST", ARCHIVES, {"name": "Stand-up"})
    assert reply.status == 201, reply.text
    return str(reply.json["id"])


def stop_archive(live: Live, archive_id: str) -> None:
    assert live.ask("alice", "POST", f"{ARCHIVES}/{archive_id}/stop").status == 200
    live.settle()


def test_each_of_the_five_flows_is_described_in_ten_steps() -> None:
    titles = [flow.partition("\n")[0] for flow in FLOWS]
    assert titles == ["A join", "A callback", "A recording", "Reconciliation", "A deployment"]
    assert {title: len(steps_of(title)) for title in titles} == dict.fromkeys(titles, 10)


def test_a_join_goes_the_way_that_is_described(standup: Live) -> None:
    check_order("A join", lambda: standup.token("carol"))


def test_a_callback_goes_the_way_that_is_described(standup: Live) -> None:
    session_id = standup.ask("alice", "GET", "/rooms/standup").json["sessionId"]
    data = '{"userId": "carol", "name": null, "role": "publisher", "data": null}'
    milliseconds = int(NOON.timestamp() * 1000)
    connected = event(session_id, connection={"id": "c-1", "createdAt": milliseconds, "data": data})
    check_order("A callback", lambda: send_callback(standup.gateway, "session", connected))
    assert standup.shown()["c-1"] == "carol"


def test_a_recording_goes_the_way_that_is_described(standup: Live) -> None:
    stop_archive(standup, start_archive(standup))
    check_order("A recording", lambda: start_archive(standup))


def test_reconciliation_goes_the_way_that_is_described(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        session_id = live.room(maxParticipants=10)["sessionId"]
        live.publish(live.enter("bob"))
        live.settle()
        start_archive(live)
        live.run("reconcile_sessions")
        stale = event(
            session_id,
            connection={"id": "c-1", "createdAt": int(NOON.timestamp() * 1000), "data": ""},
        )
        send_callback(live.gateway, "session", stale)
        clock.shift(timedelta(minutes=2))
        check_order("Reconciliation", lambda: live.run("reconcile_sessions"), new_threads=True)


def shipped(files: list[str]) -> list[str]:
    return [each for each in files if each == "app.py" or each.startswith("chalicelib/")]


def test_a_join_and_a_start_can_be_read_in_one_sitting(live: Live) -> None:
    live.room()
    live.token("carol")
    joined = shipped(visited_by(lambda: live.token("carol"), new_threads=True))
    assert len(joined) <= FILES_OF_A_JOIN, joined

    live.publish(live.enter("bob"))
    live.settle()
    stop_archive(live, start_archive(live))
    started = shipped(visited_by(lambda: start_archive(live), new_threads=False))
    assert len(started) <= FILES_OF_A_START, started


def called_in(path: Path, method: str) -> list[str]:
    """The project's modules whose names a class's method calls, its own methods followed."""
    tree = ast.parse(path.read_text())
    origin = {
        alias.name: node.module.replace(".", "/") + ".py"
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module is not None
        for alias in node.names
    }
    methods = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    called: dict[str, None] = {}

    def follow(body: ast.AST) -> None:
        calls = [node for node in ast.walk(body) if isinstance(node, ast.Call)]
        for call in sorted(calls, key=lambda each: (each.lineno, each.col_offset)):
            name = (
                call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
            )
            if ast.unparse(call.func) == f"self.{name}" and name in methods:
                follow(methods[name])
            elif name in origin:
                called[origin[name]] = None

    follow(methods[method])
    return list(called)


def test_a_deployment_goes_the_way_that_is_described() -> None:
    command, deployment = ROOT / "deploy" / "__main__.py", ROOT / "deploy" / "deployment.py"
    steps = steps_of("A deployment")
    assert steps[:3] == ["deploy/__main__.py", "deploy/stage.py", "deploy/deployment.py"]
    assert "deploy/stage.py" in called_in(command, "_run")
    assert "deploy/deployment.py" in called_in(command, "deploy")
    called = dict.fromkeys(called_in(deployment, "__init__") + called_in(deployment, "run"))
    assert [each for each in called if each in steps] == steps[3:]
