"""Many outside calls of one kind, several of them under way at once."""

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final, TypeVar

from chalicelib.errors import RoomkeyError

MAX_WORKERS: Final = 32
_FEW: Final = 3
"""So many are done one after the other: threads would not be worth their while."""

_Item = TypeVar("_Item")


def for_each_concurrently(
    call: Callable[[_Item], object], items: Collection[_Item], at_once: int = MAX_WORKERS
) -> None:
    """Make the call for each item, whatever becomes of it for the others.

    Raises:
        Exception: What the first one raised that failed, once all are over; a fault before what
            is an outcome that we know.
    """
    if len(items) <= _FEW:
        ends = [_failure(call, item) for item in items]
    else:
        with ThreadPoolExecutor(min(at_once, len(items))) as pool:
            # A context of its own each, in which the request's figures are collected.
            calls = [pool.submit(copy_context().run, _failure, call, item) for item in items]
        ends = [each.result() for each in calls]
    failures = [end for end in ends if end is not None]
    reraise_first_bug(failures)
    if failures:
        raise failures[0]


def reraise_first_bug(failures: Iterable[Exception | None]) -> None:
    """Raise the first that is none of the outcomes we know, but a fault."""
    for failure in failures:
        if failure is not None and not isinstance(failure, RoomkeyError):
            raise failure


def _failure(call: Callable[[_Item], object], item: _Item) -> Exception | None:
    try:
        call(item)
    except Exception as error:  # noqa: BLE001  raised by the caller, once all are over
        return error
    return None
