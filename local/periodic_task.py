"""A task that runs again and again while the stack runs."""

import threading
from collections.abc import Callable


class PeriodicTask:
    """A thread that calls `task` at an interval, from `start` to `stop`."""

    def __init__(self, task: Callable[[], None], every_seconds: float) -> None:
        self._task = task
        self._every_seconds = every_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="periodic-task", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._every_seconds):
            self._task()
