"""The places in moto that `tests/support/servers/quicker_moto.py` makes quicker."""

import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core import responses as moto_responses
from moto.dynamodb.models import dynamo_type
from moto.dynamodb.parsing import expressions
from mypy_boto3_dynamodb import DynamoDBClient

from stand_ins.aws import resources, state
from stand_ins.aws.stand_in import AwsStandIn
from tests.support.servers import quicker_expressions
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


@pytest.fixture(scope="module")
def client() -> Iterator[DynamoDBClient]:
    """moto behind boto3 with a table, in this process."""
    stand_in, url = AwsStandIn(), "http://aws.test"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        stand_in.reset()
        patch.setattr(boto3, "DEFAULT_SESSION", InProcessAws(stand_in, url))
        client = boto3.client("dynamodb", endpoint_url=url)
        resources.create_table("test", client)
        yield client
        stand_in.reset()


@pytest.fixture
def dynamodb(client: DynamoDBClient) -> DynamoDBClient:
    """A client whose table is empty."""
    state.empty_tables()
    return client


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


# One call each of what is made quicker. With them, moto's own answers are compared too.
ANYTHING: dict[str, Any] = {
    "marks": {"SS": ["a", "b"]},
    "guests": {"N": "3"},
    "entries": {"L": [{"S": "a"}, {"S": "b"}, {"S": "c"}]},
    "nested": {"M": {"deep": {"N": "1"}}},
    "name": {"S": "standup"},
}
VALUES: dict[str, Any] = {
    ":one": {"N": "1"},
    ":three": {"N": "3"},
    ":text": {"S": "stand"},
    ":entries": {"L": [{"S": "d"}]},
    ":marks": {"SS": ["b", "c"]},
    ":bulky": {"S": "x" * 200_000},
    ":larger": {"S": "x" * 400_000},
}
UPDATES = [
    "SET guests = :one",
    "SET guests = guests + :one, extra = :text",
    "SET guests = if_not_exists(guests, :three), fresh = if_not_exists(fresh, :three)",
    "SET entries = list_append(entries, :entries), entries[1] = :text",
    "SET #nested.deep = :one, #nested.extra = :text REMOVE entries[0], entries[2] ADD marks :marks",
    "REMOVE guests, absent DELETE marks :marks",
    "ADD guests :three, added :one",
    "SET bulky = :bulky, extra = :bulky",
    "SET bulky = :bulky, extra = :larger",
    "SET guests = :one, guests = :three",
    "SET guests = :one SET extra = :three",
    "SET pk = :text",
    "SET guests = vanished",
    "SET guests = :missing",
    "SET guests = #missing",
    "SET status = :one",
    "SET guests = guests + :text",
    "SET entries = list_append(guests, :entries)",
    "SET nowhere.deep = :one",
    "SET guests = ",
]
CONDITIONS = [
    "guests = :three",
    "guests <> :three",
    "guests > :one AND NOT attribute_exists(absent)",
    "attribute_not_exists(pk) OR guests IN (:one, :three)",
    "guests BETWEEN :one AND :three AND begins_with(#name, :text)",
    "contains(marks, :text) OR size(entries) = :three",
    "(guests < :three OR guests >= :three) AND #nested.deep = :one",
    "attribute_type(#name, :text)",
    "guests = :missing",
    "#missing = :three",
    "((guests = :three))",
    "guests",
    "guests = = :three",
    "status = :three",
    "size(guests) = :three",
]


def answer_to(dynamodb: DynamoDBClient, update: str, condition: str | None) -> tuple[Any, Any]:
    """Return the answer to an update of an item, and the item afterwards."""
    dynamodb.put_item(TableName=TABLE, Item=KEY | ANYTHING)
    expressions = f"{update} {condition}"
    used: Any = {
        "ExpressionAttributeValues": {k: v for k, v in VALUES.items() if _uses(expressions, k)},
        "ExpressionAttributeNames": {
            f"#{name}": name for name in ("nested", "name") if _uses(expressions, f"#{name}")
        },
    }
    if condition is not None:
        used["ConditionExpression"] = condition
    request: Any = {"TableName": TABLE, "Key": KEY, "UpdateExpression": update}
    try:
        answer: Any = dynamodb.update_item(
            **request, **{k: v for k, v in used.items() if v}, ReturnValues="UPDATED_NEW"
        )
    except ClientError as error:
        answer = error.response
    except (LookupError, TypeError, ValueError) as error:  # moto's own failures
        answer = {"failure": repr(error)}
    after = dynamodb.get_item(TableName=TABLE, Key=KEY)["Item"]
    return {k: v for k, v in answer.items() if k != "ResponseMetadata"}, after


def _uses(expressions: str, name: str) -> bool:
    return re.search(rf"{name}\b", expressions) is not None


@pytest.mark.parametrize("update", UPDATES)
def test_an_update_ends_as_by_moto_alone(dynamodb: DynamoDBClient, update: str) -> None:
    expected = answer_to(dynamodb, update, None)
    with quicker.quicker_moto():
        assert answer_to(dynamodb, update, None) == expected
        assert answer_to(dynamodb, update, None) == expected, "what was kept has changed"


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_holds_as_by_moto_alone(dynamodb: DynamoDBClient, condition: str) -> None:
    update = "SET added = :one"
    expected = answer_to(dynamodb, update, condition)
    with quicker.quicker_moto():
        assert answer_to(dynamodb, update, condition) == expected
        assert answer_to(dynamodb, update, condition) == expected, "what was kept has changed"


def test_a_condition_is_read_once_for_all_values(dynamodb: DynamoDBClient) -> None:
    dynamodb.put_item(TableName=TABLE, Item=KEY | ANYTHING)
    with quicker.quicker_moto():
        for guests, holds in (("3", True), ("4", False), ("3", True)):
            found = dynamodb.scan(
                TableName=TABLE,
                FilterExpression="guests = :guests",
                ExpressionAttributeValues={":guests": {"N": guests}},
            )

            assert bool(found["Items"]) is holds


@pytest.mark.parametrize("size", [399_000, 420_000])
def test_an_item_may_be_as_large_as_by_moto_alone(dynamodb: DynamoDBClient, size: int) -> None:
    item: Any = KEY | {"text": {"S": "x" * (size - 1000)}, "more": {"S": "é" * 500}}

    def put() -> str:
        try:
            dynamodb.put_item(TableName=TABLE, Item=item)
        except ClientError as error:
            return str(error)
        return "written"

    expected = put()
    with quicker.quicker_moto():
        assert put() == expected


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (quicker, "_set_up"),
        (quicker, "_request_id"),
        (quicker_expressions, "parse_condition"),
        (quicker_expressions, "make_operand"),
        (quicker_expressions, "traverse"),
        (quicker_expressions, "find_clauses"),
        (quicker_expressions, "copied"),
        (quicker, "_set_attribute"),
        (quicker, "_make_item"),
    ],
)
def test_moto_asks_what_is_quicker(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str
) -> None:
    replacement = getattr(module, name)
    asked = 0

    def watched(*given: Any) -> Any:
        nonlocal asked
        asked += 1
        return replacement(*given)

    monkeypatch.setattr(module, name, watched)
    with quicker.quicker_moto():
        answer_to(dynamodb, "SET guests = :one, extra = :text", "guests = :three")

    assert asked, f"moto does not ask {name} any more"


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
