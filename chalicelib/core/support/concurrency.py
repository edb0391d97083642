"""Concurrent outside calls, one for each item of a collection."""

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final, TypeVar

from chalicelib.errors import RoomkeyError

MAX_WORKERS: Final = 32
_FEW: Final = 3
"""Up to this many items, the calls run one after the other: starting threads would take longer."""

_Item = TypeVar("_Item")


def for_each_concurrently(
    call: Callable[[_Item], object], items: Collection[_Item], at_once: int = MAX_WORKERS
) -> None:
    """Make a call for each item. A failed call does not stop the others.

    Raises:
        Exception: The error of the first call that failed, raised after the last call has ended.
            Bugs come before a `RoomkeyError`.
    """
    if len(items) <= _FEW:
        results = [_failure(call, item) for item in items]
    else:
        with ThreadPoolExecutor(min(at_once, len(items))) as pool:
            # Each thread runs in a copy of the context, so that it records the request's metrics.
            futures = [pool.submit(copy_context().run, _failure, call, item) for item in items]
        results = [future.result() for future in futures]
    failures = [result for result in results if result is not None]
    reraise_first_bug(failures)
    if failures:
        raise failures[0]


def reraise_first_bug(failures: Iterable[Exception | None]) -> None:
    """Raise the first failure that is not a `RoomkeyError`."""
    for failure in failures:
        if failure is not None and not isinstance(failure, RoomkeyError):
            raise failure


def _failure(call: Callable[[_Item], object], item: _Item) -> Exception | None:
    try:
        call(item)
    except Exception as error:  # noqa: BLE001  for_each_concurrently raises it after the last call
        return error
    return None
