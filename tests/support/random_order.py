"""The tests in an order that a seed decides: what depends on an earlier test comes to light."""

from collections.abc import Sequence
from itertools import groupby
from random import Random

import pytest


def shuffled(items: Sequence[pytest.Item], seed: int) -> list[pytest.Item]:
    """Return modules in any order, and so each one's tests.

    A module's tests stay together, for they share fixtures that take long to start.
    """
    random = Random(seed)
    modules = [list(tests) for _, tests in groupby(items, key=lambda each: each.path)]
    random.shuffle(modules)
    for tests in modules:
        random.shuffle(tests)
    return [test for tests in modules for test in tests]
