"""`python -m local` as a process of its own, the way `make run` starts it."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.ports import Ports
from local.providers.provider import CREDENTIAL_VARIABLES
from tests.support.servers.free_ports import all_free, free_ports

PATIENCE_SECONDS = 60
Bearer = Callable[..., int]
"""The bearer command, with its arguments; gives its exit status."""
_LAST_LINE_OF_GREETING = "Ctrl-C stops everything."


class Roomkey:
    """A started stack, and its output so far."""

    def __init__(self, process: subprocess.Popen[str], ports: Ports) -> None:
        self.process = process
        self.ports = ports
        self._lines: list[str] = []
        self._ended = False
        self._news = threading.Condition()
        # An unread pipe would fill up and stop the stack.
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def output(self) -> str:
        with self._news:
            return "".join(self._lines)

    def line_with(self, text: str) -> str:
        return next(line for line in self.output.splitlines() if text in line)

    def says(self, text: str) -> bool:
        """Return True if the stack prints this before it ends."""
        with self._news:
            self._news.wait_for(lambda: self._holds(text) or self._ended, PATIENCE_SECONDS)
            return self._holds(text)

    def status(self) -> int:
        """Wait for the end of the stack, and return its exit status."""
        status = self.process.wait(timeout=PATIENCE_SECONDS)
        self._reader.join(timeout=PATIENCE_SECONDS)
        return status

    def _holds(self, text: str) -> bool:
        return any(text in line for line in self._lines)

    def _read(self) -> None:
        for line in self.process.stdout or ():
            with self._news:
                self._lines.append(line)
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()


@contextmanager
def started_roomkey(
    environment: Mapping[str, str] | None = None, module: str = "local"
) -> Iterator[Roomkey]:
    """Yield a stack that has started, and may not answer yet; stop it at the end."""
    ports = free_ports()
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        env=clean_environment(ports, environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        roomkey = Roomkey(process, ports)
        try:
            yield roomkey
        finally:
            process.terminate()
            roomkey.status()


@contextmanager
def running_roomkey(
    environment: Mapping[str, str] | None = None, module: str = "local"
) -> Iterator[Roomkey]:
    """Yield a running stack that has shown its first token."""
    with started_roomkey(environment, module) as roomkey:
        assert roomkey.says(_LAST_LINE_OF_GREETING), roomkey.output
        yield roomkey


def clean_environment(ports: Ports, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's variables, without the choices of the user who runs the tests."""
    chosen = CREDENTIAL_VARIABLES | {"HOST", "AUTH_ISSUER", "AUTH_AUDIENCE", "AUTH_JWKS_URL"}
    kept = {name: value for name, value in os.environ.items() if name not in chosen}
    return kept | {"PORT": str(ports.app)} | dict(environment or {})


def app_processes(ports: Ports) -> list[int]:
    """Return the ids of the processes that serve the app on this port; only Linux shows them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_text().split("\0")
        except OSError:  # the process has ended
            continue
        if "local.serve_app" in command and str(ports.app) in command:
            found.append(int(path.parent.name))
    return found


def gone(ports: Ports) -> bool:
    """Return True if no process of the stack is left, and its ports are free."""
    return not app_processes(ports) and all_free(ports)


def soon(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Return True if the condition becomes true within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def shown_json(output: str) -> list[dict[str, Any]]:
    """Return the JSON objects of the greeting: the answer, then the claims."""
    return [
        json.loads(text) for text in re.findall(r"^\{$.*?^\}$", output, re.DOTALL | re.MULTILINE)
    ]
