"""A new process for each part of the bench, so that one part does not slow down the next."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

_Result = TypeVar("_Result")


def in_own_process(measure: Callable[[], _Result]) -> _Result:
    """Run the function in a new process and return its result. Discard its output."""
    context = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_discard_output) as process:
        return process.submit(measure).result()


def _discard_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
