from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from deploy.aws.schedules import limit_runs

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
    return limit_runs("roomkey-dev-check_sessions", 32, cast("LambdaClient", client))


def test_runs_are_neither_repeated_nor_late_nor_more_at_once_than_is_said() -> None:
    client = RecordedLambda()

    assert run(client)
    assert client.asked == [
        {
            "FunctionName": "roomkey-dev-check_sessions",
            "MaximumRetryAttempts": 0,
            "MaximumEventAgeInSeconds": 60,
        },
        {"FunctionName": "roomkey-dev-check_sessions", "ReservedConcurrentExecutions": 32},
    ]


def test_an_account_with_too_little_concurrency_is_no_reason_to_stop() -> None:
    assert not run(RecordedLambda("InvalidParameterValueException"))


def test_any_other_refusal_is() -> None:
    with pytest.raises(ClientError):
        run(RecordedLambda("AccessDeniedException"))
