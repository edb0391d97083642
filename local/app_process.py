"""The app in a process of its own, run as `chalice local` runs it."""

import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import requests

from local.ports import Ports, StartError
from local.stop_request import StopRequest
from local.terminal import print_flushed
from stand_ins.http.direct_session import direct_session

PROJECT = Path(__file__).parents[1]
_PATIENCE_SECONDS = 60.0
_KEPT_LINES = 200


class AppProcess:
    """The child process, with its output: kept during the start, passed on after `follow`."""

    def __init__(self, ports: Ports, environment: Mapping[str, str]) -> None:
        self._url = ports.app_url
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._followed = False
        self._lock = threading.Lock()
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "local.serve_app", str(ports.app), ports.host],
            cwd=PROJECT,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # A terminal sends Ctrl-C to every process of the session. Only this process ends the
            # child.
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def wait_until_up(self, stop: StopRequest) -> None:
        """Let the app serve, and return when it answers or when `stop` is set.

        The stand-ins must run before, because the first answer of the app invites users to go on.

        Raises:
            StartError: The app ended, or did not answer for a minute.
        """
        self._let_serve()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._answers():
            if self.ended:
                raise self.end_error()
            if time.monotonic() > deadline:
                raise StartError(f"The app does not answer on {self._url}.\n{self.output()}")
            if stop.wait(0.05):
                return

    def end_error(self) -> StartError:
        """Return the error for an app that has ended by itself."""
        self._reader.join(timeout=5)
        status = self._process.wait()
        return StartError(f"The app ended with status {status}.\n{self.output()}")

    def follow(self) -> None:
        """Pass the app's output on from now."""
        with self._lock:
            self._followed = True
            self._lines.clear()

    def stop(self) -> None:
        """End the child by closing its standard input."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout=5)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _let_serve(self) -> None:
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):  # the child has ended, and the next call finds that out
                os.write(self._process.stdin.fileno(), b"\n")

    def _answers(self) -> bool:
        try:
            with direct_session() as http:
                http.get(f"{self._url}/health", timeout=5)
        except requests.RequestException:
            return False
        return True

    def _read(self) -> None:
        for line in self._process.stdout or ():
            with self._lock:
                if self._followed:
                    print_flushed(line, end="")
                else:
                    self._lines.append(line)

    def output(self) -> str:
        """Return the app's output until `follow` was called."""
        with self._lock:
            return "".join(self._lines)
