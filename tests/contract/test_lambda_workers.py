"""Workers on AWS Lambda, as the client of AWS is asked to start them."""

import json

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.adapters.lambda_workers import LambdaWorkers
from chalicelib.core.ports.check_workers import CheckBatch
from chalicelib.errors import StoreUnavailable
from tests.support.stores.example_rooms import NOON, soon

FUNCTION = "roomkey-dev-check_sessions"
BATCH = CheckBatch(("session-1", "session-2"), 31.25, NOON)


def test_a_worker_is_invoked_with_its_batch_and_not_waited_for() -> None:
    client = boto3.client("lambda", "eu-west-1")
    with Stubber(client) as stubber:
        asked = {
            "FunctionName": FUNCTION,
            "InvocationType": "Event",
            "Payload": json.dumps(BATCH.to_event()),
        }
        stubber.add_response("invoke", {"StatusCode": 202}, asked)
        LambdaWorkers(client, FUNCTION).start(BATCH, soon())
        stubber.assert_no_pending_responses()


def test_a_worker_that_lambda_does_not_start_is_an_error_with_its_reason() -> None:
    client = boto3.client("lambda", "eu-west-1")
    with Stubber(client) as stubber:
        stubber.add_client_error("invoke", "AccessDeniedException", "no invocation for you")
        with pytest.raises(StoreUnavailable) as failure:
            LambdaWorkers(client, FUNCTION).start(BATCH, soon())
    assert "AccessDeniedException" in str(failure.value.note)
    assert FUNCTION in str(failure.value.note)


def test_an_answer_of_another_status_is_no_start() -> None:
    client = boto3.client("lambda", "eu-west-1")
    with Stubber(client) as stubber:
        stubber.add_response("invoke", {"StatusCode": 200})
        with pytest.raises(StoreUnavailable, match="No worker"):
            LambdaWorkers(client, FUNCTION).start(BATCH, soon())
