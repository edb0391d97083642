"""The garbage collector in the tests' process."""

import gc
from collections.abc import Iterator

import pytest

MANY, FEW = 15_000, 10_000


@pytest.fixture
def many_objects() -> Iterator[None]:
    kept: list[list[object]] = [[] for _ in range(MANY)]
    yield
    del kept


@pytest.mark.usefixtures("many_objects")
def test_the_collector_has_run_before_a_test_that_it_would_interrupt() -> None:
    assert gc.get_count()[0] < FEW
