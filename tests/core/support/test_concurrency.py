import pytest

from chalicelib.core.support.concurrency import (
    MAX_WORKERS,
    for_each_concurrently,
    reraise_first_bug,
)
from chalicelib.core.support.metrics import increment, recording
from chalicelib.errors import ProviderRefused, ProviderUnavailable

FEW_AND_MANY = [0, 1, 3, 4, 3 * MAX_WORKERS]


@pytest.mark.parametrize("items", FEW_AND_MANY)
def test_the_call_is_made_once_for_each_and_what_it_counts_is_counted(items: int) -> None:
    made: list[int] = []

    def call(item: int) -> None:
        increment("Made")
        made.append(item)

    with recording() as measurements:
        for_each_concurrently(call, range(items))

    assert sorted(made) == list(range(items))
    assert len(measurements) == items


@pytest.mark.parametrize("items", FEW_AND_MANY[2:])
def test_what_fails_for_one_is_tried_for_the_others_and_raised_in_the_end(items: int) -> None:
    made: list[int] = []

    def call(item: int) -> None:
        made.append(item)
        if item == 1:
            raise ProviderUnavailable("It is away.")
        if item == items - 1:
            raise ProviderRefused("It will not.")

    with pytest.raises(ProviderUnavailable):
        for_each_concurrently(call, range(items))

    assert sorted(made) == list(range(items))


@pytest.mark.parametrize("items", FEW_AND_MANY[2:])
def test_a_fault_with_one_keeps_no_other_from_being_tried(items: int) -> None:
    made: list[int] = []

    def call(item: int) -> None:
        made.append(item)
        if item == 0:
            raise KeyError("name")

    with pytest.raises(KeyError):
        for_each_concurrently(call, range(items))

    assert sorted(made) == list(range(items))


def test_of_failures_the_faults_alone_are_raised_and_of_them_the_first() -> None:
    away = ProviderUnavailable("It is away.")
    reraise_first_bug([None, away])
    with pytest.raises(KeyError):
        reraise_first_bug([away, None, KeyError(), ValueError()])


def test_a_fault_is_raised_before_an_outcome_that_is_known() -> None:
    failures = [ProviderUnavailable("It is away."), KeyError("name")]

    def call(failure: Exception) -> None:
        raise failure

    with pytest.raises(KeyError):
        for_each_concurrently(call, failures)
