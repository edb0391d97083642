import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_secretsmanager import SecretsManagerClient

from stand_ins.aws import resources
from stand_ins.aws.stand_in import AwsStandIn
from stand_ins.http.server import HttpServer

TABLE = "roomkey-standin-rooms"
KEY = {"pk": {"S": "room#a"}, "sk": {"S": "room"}}


@dataclass(frozen=True)
class RunningAws:
    stand_in: AwsStandIn
    dynamodb: DynamoDBClient
    secretsmanager: SecretsManagerClient

    def put_if_absent(self) -> None:
        self.dynamodb.put_item(
            TableName=TABLE, Item=KEY, ConditionExpression="attribute_not_exists(pk)"
        )

    def item_exists(self) -> bool:
        return "Item" in self.dynamodb.get_item(TableName=TABLE, Key=KEY)


@pytest.fixture(scope="module")
def started_aws() -> Iterator[RunningAws]:
    stand_in = AwsStandIn()
    session = boto3.Session("test", "test", region_name="eu-west-1")
    config = Config(retries={"total_max_attempts": 1}, max_pool_connections=50)
    with HttpServer(stand_in.wsgi_app) as server:
        dynamodb = session.client("dynamodb", endpoint_url=server.url, config=config)
        secretsmanager = session.client("secretsmanager", endpoint_url=server.url, config=config)
        yield RunningAws(stand_in, dynamodb, secretsmanager)
        dynamodb.close()
        secretsmanager.close()


@pytest.fixture
def aws(started_aws: RunningAws) -> RunningAws:
    """Return the stand-in with a new table and secret, and no call on record."""
    started_aws.stand_in.reset()
    resources.create(
        "standin",
        dynamodb=started_aws.dynamodb,
        secretsmanager=started_aws.secretsmanager,
        secret={"apiKey": "1", "apiSecret": "s"},
    )
    started_aws.stand_in.clear_calls()
    return started_aws


def test_the_table_of_the_template_is_there_with_its_indexes_and_ttl(aws: RunningAws) -> None:
    table = aws.dynamodb.describe_table(TableName=TABLE)["Table"]
    ttl = aws.dynamodb.describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]

    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    assert {index.get("IndexName") for index in table["GlobalSecondaryIndexes"]} == {
        "rooms-by-creator",
        "due",
    }
    assert table["BillingModeSummary"].get("BillingMode") == "PAY_PER_REQUEST"
    assert table["SSEDescription"].get("Status") == "ENABLED"
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}


def test_the_secret_of_the_template_is_there_with_our_content(aws: RunningAws) -> None:
    secret = aws.secretsmanager.get_secret_value(SecretId="roomkey/standin/opentok")

    assert secret["SecretString"] == '{"apiKey": "1", "apiSecret": "s"}'


def test_calls_are_named_and_counted_until_cleared(aws: RunningAws) -> None:
    aws.put_if_absent()
    aws.item_exists()
    aws.secretsmanager.get_secret_value(SecretId="roomkey/standin/opentok")

    assert aws.stand_in.calls == [
        "DynamoDB.PutItem",
        "DynamoDB.GetItem",
        "SecretsManager.GetSecretValue",
    ]
    assert aws.stand_in.count("DynamoDB.GetItem") == 1
    aws.stand_in.clear_calls()
    assert aws.stand_in.calls == []


def test_of_many_conditional_puts_at_once_exactly_one_wins(aws: RunningAws) -> None:
    start = threading.Barrier(20)
    outcomes: list[str] = []

    def put() -> None:
        start.wait()
        try:
            aws.put_if_absent()
            outcomes.append("won")
        except aws.dynamodb.exceptions.ConditionalCheckFailedException:
            outcomes.append("lost")

    putters = [threading.Thread(target=put) for _ in range(20)]
    for putter in putters:
        putter.start()
    for putter in putters:
        putter.join()

    assert sorted(outcomes) == ["lost"] * 19 + ["won"]


def test_a_failing_call_looks_like_awss_and_is_not_performed(aws: RunningAws) -> None:
    aws.stand_in.fail(
        "DynamoDB.PutItem",
        error="ProvisionedThroughputExceededException",
        message="Slow down",
        times=2,
    )

    for _ in range(2):
        with pytest.raises(
            aws.dynamodb.exceptions.ProvisionedThroughputExceededException, match="Slow down"
        ):
            aws.put_if_absent()
    assert not aws.item_exists()
    aws.put_if_absent()
    assert aws.item_exists()


def test_a_failure_may_carry_details(aws: RunningAws) -> None:
    reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
    aws.stand_in.fail(
        "DynamoDB.TransactWriteItems",
        error="TransactionCanceledException",
        details={"CancellationReasons": reasons},
    )

    with pytest.raises(aws.dynamodb.exceptions.TransactionCanceledException) as caught:
        aws.dynamodb.transact_write_items(
            TransactItems=[{"Put": {"TableName": TABLE, "Item": KEY}}]
        )

    assert caught.value.response["CancellationReasons"] == reasons


def test_a_failure_strikes_only_its_own_operation(aws: RunningAws) -> None:
    aws.stand_in.fail("SecretsManager.GetSecretValue", error="InternalServiceError", status=500)

    assert not aws.item_exists()
    with pytest.raises(ClientError, match="InternalServiceError"):
        aws.secretsmanager.get_secret_value(SecretId="roomkey/standin/opentok")


def test_a_failure_may_be_late(aws: RunningAws) -> None:
    aws.stand_in.fail("DynamoDB.GetItem", delay_seconds=0.2)
    started = time.monotonic()

    with pytest.raises(ClientError, match="ThrottlingException"):
        aws.item_exists()

    assert time.monotonic() - started >= 0.2


def test_a_slow_call_is_performed_and_answered(aws: RunningAws) -> None:
    aws.stand_in.slow_down("DynamoDB.PutItem", delay_seconds=0.2)
    started = time.monotonic()

    aws.put_if_absent()

    assert time.monotonic() - started >= 0.2
    assert aws.item_exists()


def test_a_dropped_call_is_not_performed(aws: RunningAws) -> None:
    aws.stand_in.drop("DynamoDB.PutItem")

    with pytest.raises(ConnectionClosedError):
        aws.put_if_absent()

    assert not aws.item_exists()


def test_a_call_whose_answer_is_lost_is_performed(aws: RunningAws) -> None:
    aws.stand_in.lose_answer("DynamoDB.PutItem")

    with pytest.raises(ConnectionClosedError):
        aws.put_if_absent()

    assert aws.item_exists()


def test_faults_can_be_taken_back(aws: RunningAws) -> None:
    aws.stand_in.fail("DynamoDB.GetItem", times=5)
    aws.stand_in.drop("DynamoDB.GetItem")

    aws.stand_in.clear_faults()

    assert not aws.item_exists()


def test_a_reset_forgets_tables_secrets_calls_and_faults(aws: RunningAws) -> None:
    aws.stand_in.fail("DynamoDB.ListTables", times=5)

    aws.stand_in.reset()

    assert aws.stand_in.calls == []
    assert aws.dynamodb.list_tables()["TableNames"] == []
    assert aws.secretsmanager.list_secrets()["SecretList"] == []
