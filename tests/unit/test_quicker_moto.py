"""That moto still looks where `tests/support/servers/quicker_moto.py` has put something quicker."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.core import responses as moto_responses
from moto.dynamodb.models import dynamo_type
from moto.dynamodb.parsing import expressions
from mypy_boto3_dynamodb import DynamoDBClient

from stand_ins.aws import resources
from stand_ins.aws.stand_in import AwsStandIn
from tests.support.servers import quicker_moto as quicker
from tests.support.servers.in_process_aws import InProcessAws

KEY = {"pk": {"S": "room#a"}, "sk": {"S": "room"}}
EVERY_TYPE: dict[str, Any] = {
    "text": {"S": "é"},
    "number": {"N": "12.50"},
    "flag": {"BOOL": False},
    "nothing": {"NULL": True},
    "binary": {"B": b"\x00\xff"},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2.5"]},
    "binaries": {"BS": [b"\x01", b"\x02"]},
    "list": {"L": [{"S": "a"}, {"M": {"deep": {"N": "3"}}}, {"L": []}]},
    "map": {"M": {"S": {"S": "named as a type"}, "empty": {"M": {}}, "list": {"L": [{"B": b"x"}]}}},
}
TABLE = "roomkey-test-rooms"
ITEM: Any = dynamo_type.Item
RESPONSES: Any = moto_responses
EXPRESSIONS: Any = expressions


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    """moto behind boto3 with an empty table, in this process."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    stand_in, url = AwsStandIn(), "http://aws.test"
    stand_in.reset()
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", InProcessAws(stand_in, url))
    client = boto3.client("dynamodb", endpoint_url=url)
    resources.create_table("test", client)
    yield client
    stand_in.reset()


def test_an_item_of_every_type_comes_back_as_it_was_put(dynamodb: DynamoDBClient) -> None:
    item = KEY | EVERY_TYPE
    with quicker.quicker_moto():
        dynamodb.put_item(TableName=TABLE, Item=item)

        assert dynamodb.get_item(TableName=TABLE, Key=KEY)["Item"] == item
        assert dynamodb.scan(TableName=TABLE)["Items"] == [item]


def test_attribute_values_are_taken_as_they_are(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Any] = []

    class Watched(quicker.DynamoDBSerializer):
        def _serialize_type_structure(self, serialized: Any, value: Any, *rest: Any) -> None:
            super()._serialize_type_structure(serialized, value, *rest)
            taken.append(value)

    monkeypatch.setattr(quicker, "DynamoDBSerializer", Watched)
    dynamodb.put_item(TableName=TABLE, Item=KEY | EVERY_TYPE)
    with quicker.quicker_moto():
        dynamodb.get_item(TableName=TABLE, Key=KEY)

    assert EVERY_TYPE["map"] in taken, "moto asks another serializer"
    assert {"S": "named as a type"} not in taken, "moto walks through the values"


def test_update_expressions_and_the_names_of_methods_are_read_once(
    dynamodb: DynamoDBClient,
) -> None:
    with quicker.quicker_moto():
        for number in ("1", "2"):
            dynamodb.update_item(
                TableName=TABLE,
                Key=KEY,
                UpdateExpression="SET guests = :guests",
                ExpressionAttributeValues={":guests": {"N": number}},
            )
        read = EXPRESSIONS.UpdateExpressionParser.make.cache_info()
        named = RESPONSES.method_names_from_class.cache_info()

    assert (read.misses, named.misses) == (1, 1)
    assert min(read.hits, named.hits) > 0
    assert dynamodb.get_item(TableName=TABLE, Key=KEY)["Item"] == KEY | {"guests": {"N": "2"}}


def test_a_failed_transaction_changes_nothing(dynamodb: DynamoDBClient) -> None:
    before = KEY | {"guests": {"N": "1"}}
    other = {"pk": {"S": "room#b"}, "sk": {"S": "room"}}
    dynamodb.put_item(TableName=TABLE, Item=before)
    dynamodb.put_item(TableName=TABLE, Item=other)
    with quicker.quicker_moto(), pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        dynamodb.transact_write_items(
            TransactItems=[
                {
                    "Update": {
                        "TableName": TABLE,
                        "Key": KEY,
                        "UpdateExpression": "SET guests = :guests",
                        "ExpressionAttributeValues": {":guests": {"N": "2"}},
                    }
                },
                {"Put": {"TableName": TABLE, "Item": KEY | {"pk": {"S": "room#c"}}}},
                {"Delete": {"TableName": TABLE, "Key": other}},
                {
                    "Put": {
                        "TableName": TABLE,
                        "Item": KEY | {"sk": {"S": "other"}},
                        "ConditionExpression": "attribute_exists(pk)",
                    }
                },
            ]
        )

    assert dynamodb.scan(TableName=TABLE)["Items"] == [before, other]


def test_a_transaction_copies_nothing_but_the_partitions_that_it_names(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {"pk": {"S": "room#b"}, "sk": {"S": "room"}}
    dynamodb.put_item(TableName=TABLE, Item=KEY)
    dynamodb.put_item(TableName=TABLE, Item=other)
    copied: list[Any] = []
    copy = quicker._copy_of_items  # noqa: SLF001  this is its test

    def watched(table: Any, memo: dict[int, Any]) -> Any:
        made = copy(table, memo)
        copied.extend(key.value for key in made.items if made.items[key] is not table.items[key])
        return made

    monkeypatch.setattr(quicker, "_copy_of_items", watched)
    with quicker.quicker_moto():
        dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": TABLE, "Item": KEY}}])

    assert copied == ["room#a"]


def test_no_model_is_kept(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with quicker.quicker_moto():
        dynamodb.put_item(TableName=TABLE, Item=KEY)

        assert not ITEM.instances_tracked
    kept: list[object] = []
    monkeypatch.setattr(ITEM, "instances_tracked", kept)
    dynamodb.put_item(TableName=TABLE, Item=KEY)
    assert kept, "moto keeps its models elsewhere, or not at all"
