from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

_Result = TypeVar("_Result")
_Settle = Callable[[], None]
_Inbox = SimpleQueue[Callable[[], _Settle]]


class SpareThreads:
    """Threads that stay for the next call: to start one costs more than most of a call's own code.

    There are as many as calls were ever under way at once. One whose call hangs is missed by
    nobody; it comes back when its call ends.
    """

    def __init__(self) -> None:
        self._idle: list[_Inbox] = []

    def begin(self, call: Callable[[], _Result]) -> Future[_Result]:
        """Make the call in an idle thread, or in a new one if there is none."""
        outcome: Future[_Result] = Future()

        def perform() -> _Settle:
            try:
                return partial(outcome.set_result, call())
            except BaseException as error:  # noqa: BLE001  raised again for who awaits the outcome
                return partial(outcome.set_exception, error)

        self._inbox().put(perform)
        return outcome

    def _inbox(self) -> _Inbox:
        try:
            return self._idle.pop()
        except IndexError:
            inbox: _Inbox = SimpleQueue()
            Thread(target=self._serve, args=(inbox,), daemon=True).start()
            return inbox

    def _serve(self, inbox: _Inbox) -> None:
        while True:
            settle = inbox.get()()
            # Before the outcome is known, so that who awaits it finds this thread idle.
            self._idle.append(inbox)
            settle()
            del settle  # and with it what the call returned
