"""Whatever is done in whatever order, the fakes of the stores answer as DynamoDB does."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.contract.conftest import DYNAMODB_LOCAL
from tests.support.stores.both_stores import BothStores
from tests.support.stores.engines import Engine


@pytest.fixture
def examples(request: pytest.FixtureRequest) -> int:
    """More sequences on DynamoDB Local, since `make check` has more time."""
    return 10 if request.node.callspec.params["database"] == DYNAMODB_LOCAL else 8


def test_the_fakes_answer_every_sequence_of_calls_as_dynamodb_does(
    engine: Engine, examples: int
) -> None:
    class BothOnThisEngine(BothStores):
        def __init__(self) -> None:
            super().__init__(engine)

    run_state_machine_as_test(
        BothOnThisEngine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
