from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from deploy.aws.schedules import run_one_at_a_time

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class RecordedLambda:
    """Lambda's client, as far as the step uses it, refusing to reserve with this error."""

    def __init__(self, refusal: str | None = None) -> None:
        self._refusal = refusal
        self.asked: list[dict[str, Any]] = []

    def put_function_event_invoke_config(self, **asked: Any) -> None:
        self.asked.append(asked)

    def put_function_concurrency(self, **asked: Any) -> None:
        if self._refusal is not None:
            raise ClientError(
                {"Error": {"Code": self._refusal, "Message": ""}}, "PutFunctionConcurrency"
            )
        self.asked.append(asked)


def run(client: RecordedLambda) -> bool:
    return run_one_at_a_time("roomkey-dev-reconcile_sessions", cast("LambdaClient", client))


def test_runs_are_neither_repeated_nor_late_nor_beside_each_other() -> None:
    client = RecordedLambda()

    assert run(client)
    assert client.asked == [
        {
            "FunctionName": "roomkey-dev-reconcile_sessions",
            "MaximumRetryAttempts": 0,
            "MaximumEventAgeInSeconds": 60,
        },
        {"FunctionName": "roomkey-dev-reconcile_sessions", "ReservedConcurrentExecutions": 1},
    ]


def test_an_account_with_too_little_concurrency_is_no_reason_to_stop() -> None:
    assert not run(RecordedLambda("InvalidParameterValueException"))


def test_any_other_refusal_is() -> None:
    with pytest.raises(ClientError):
        run(RecordedLambda("AccessDeniedException"))
