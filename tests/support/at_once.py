"""Callers that come at the same moment."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

_Result = TypeVar("_Result")

_SECONDS = 60


def all_at_once(calls: Sequence[Callable[[], _Result]]) -> list[_Result]:
    """Return the results of these calls, made at the same moment in a thread each."""
    barrier = Barrier(len(calls), timeout=_SECONDS)

    def wait_and_call(call: Callable[[], _Result]) -> _Result:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(wait_and_call, calls, timeout=_SECONDS))
