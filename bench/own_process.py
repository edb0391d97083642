"""A part of the bench in a process of its own: what one part loads must not burden the next."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

_Result = TypeVar("_Result")


def in_own_process(measure: Callable[[], _Result]) -> _Result:
    """What the function returns. What it prints, the app's log, goes nowhere."""
    context = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_say_nothing) as process:
        return process.submit(measure).result()


def _say_nothing() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
