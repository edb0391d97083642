"""The time that a scheduled run has."""

import pytest

from chalicelib.api.schedules import RUN_SECONDS, run_deadline


class Context:
    """Lambda's description of an invocation.

    Args:
        left: The seconds until Lambda stops the run.
    """

    def __init__(self, left: float) -> None:
        self._left = left

    def get_remaining_time_in_millis(self) -> float:
        return self._left * 1000


@pytest.mark.parametrize(("left", "seconds"), [(60.0, RUN_SECONDS), (30.0, 25.0)])
def test_a_run_ends_before_lambda_stops_it(left: float, seconds: float) -> None:
    assert run_deadline(Context(left)).remaining() == pytest.approx(seconds, abs=1)


def test_a_run_without_lambda_has_a_limit_of_its_own() -> None:
    assert run_deadline(None).remaining() == pytest.approx(RUN_SECONDS, abs=1)
