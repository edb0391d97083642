"""The items of the table, asked whether they hold something of a user."""

import pytest

from chalicelib.adapters.dynamodb.table import serialize
from chalicelib.adapters.dynamodb.user_data.user_items import user_record

OF_BOB = [
    {"pk": "session#1", "sk": "session", "createdBy": "bob", "name": "retro", "createdAt": 1},
    {"pk": "session#1", "sk": "connection#c", "userId": "bob", "since": 1},
    {
        "pk": "invitation#i",
        "sk": "invitation",
        "createdBy": "bob",
        "room": "retro",
        "createdAt": 1,
        "endsAt": 2,
    },
    {"pk": "waiting#1", "sk": "list", "users": {"w": {"userId": "bob", "since": 1}}, "guests": {}},
    {"pk": "user#bob", "sk": "rooms#2026-11-30T10", "count": 1},
]
OF_NOBODY = [
    {"pk": "pool#record", "sk": "record"},
    {"pk": "user#bob", "sk": "search#ann#1"},
]


@pytest.mark.parametrize("values", OF_BOB)
def test_an_item_is_a_record_of_the_user_that_it_names_and_of_no_other(
    values: dict[str, object],
) -> None:
    item = serialize(values)
    found = user_record(item, "bob", "key")
    assert found is not None
    assert found.key == "key"
    assert user_record(item, "bo", "key") is None


@pytest.mark.parametrize("values", OF_NOBODY)
def test_an_item_that_is_no_users_is_no_record(values: dict[str, object]) -> None:
    assert user_record(serialize(values), "bob", "key") is None
