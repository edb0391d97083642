"""Many outside calls of one kind, several of them under way at once."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final, TypeVar

from chalicelib.errors import RoomkeyError

AT_ONCE: Final = 32
_FEW: Final = 3
"""So many are done one after the other: threads would not be worth their while."""

_Item = TypeVar("_Item")


def each_at_once(call: Callable[[_Item], object], items: Collection[_Item]) -> None:
    """Make the call for each item, whatever becomes of it for the others.

    Raises:
        RoomkeyError: What the first one raised that failed, once all are over.
    """
    calls = _in_threads(call, items) if len(items) > _FEW else _in_turn(call, items)
    failures = [failure for failure in calls if failure is not None]
    if failures:
        raise failures[0]


def _in_turn(
    call: Callable[[_Item], object], items: Collection[_Item]
) -> list[RoomkeyError | None]:
    return [_failure(call, item) for item in items]


def _in_threads(
    call: Callable[[_Item], object], items: Collection[_Item]
) -> list[RoomkeyError | None]:
    with ThreadPoolExecutor(min(AT_ONCE, len(items))) as pool:
        # A context of its own each, in which the request's figures are collected.
        calls = [pool.submit(copy_context().run, _failure, call, item) for item in items]
    return [each.result() for each in calls]


def _failure(call: Callable[[_Item], object], item: _Item) -> RoomkeyError | None:
    try:
        call(item)
    except RoomkeyError as error:
        return error
    return None
