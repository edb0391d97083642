"""Calls that a Lambda makes while it starts, so that its first join need not wait for them.

Before a Lambda's first request, its processor runs at full speed. The calls also overlap with each
other, and with the loading of modules. In a request they follow one another.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Final

from chalicelib.composition.ports import Ports
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import RoomkeyError

SECONDS: Final = 2.0
"""The longest time that a start waits. A request then fetches what is missing."""
_NO_ROOM: Final = "-"


class Prefetch:
    """Calls that run in threads of their own.

    It fetches the first issuer's keys and OpenTok's credentials. It also reads an item, which opens
    a connection to DynamoDB. No failure is an error, because the request repeats the call.

    Args:
        ports: The ports that the first join will use.
    """

    def __init__(self, ports: Ports) -> None:
        deadline = Deadline(SECONDS)
        calls: tuple[Callable[[], object], ...] = (
            ports.identity.prepare,
            lambda: ports.video.project_id(deadline),
            lambda: ports.rooms.find(_NO_ROOM, deadline),
        )
        self._deadline = deadline
        self._threads = ThreadPoolExecutor(len(calls), "prefetch")
        self._running: list[Future[None]] = [self._threads.submit(_try, each) for each in calls]

    def finish(self) -> None:
        """Wait for the calls, until their time is over."""
        wait(self._running, self._deadline.remaining())
        self._threads.shutdown(wait=False)


def _try(call: Callable[[], object]) -> None:
    with suppress(RoomkeyError):
        call()
