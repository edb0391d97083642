"""Workers on AWS Lambda: each batch of sessions is an asynchronous invocation of one function."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.aws_answers import NOT_PARSED
from chalicelib.core.ports.check_workers import CheckBatch
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class LambdaWorkers:
    """The starter of workers.

    Args:
        client: A client with its own timeouts, so that an abandoned call ends.
        function: The name of the function that checks sessions.
    """

    def __init__(self, client: "LambdaClient", function: str) -> None:
        self._client = client
        self._function = function

    def start(self, batch: CheckBatch, deadline: Deadline) -> None:
        payload = json.dumps(batch.to_event())
        try:
            answer = deadline.run(
                lambda: self._client.invoke(
                    FunctionName=self._function, InvocationType="Event", Payload=payload
                )
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise self._not_started(f"{type(error).__name__}: {code}") from error
        except (BotoCoreError, TimeoutError, *NOT_PARSED) as error:
            raise self._not_started(type(error).__name__) from error
        if answer["StatusCode"] != HTTPStatus.ACCEPTED:
            raise self._not_started(f"status {answer['StatusCode']}")

    def _not_started(self, reason: str) -> StoreUnavailable:
        return StoreUnavailable(
            "No worker could be started to check sessions.",
            note=f"lambda:InvokeFunction {self._function}: {reason}",
        )
