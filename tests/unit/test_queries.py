"""Queries of the table, page by page."""

from typing import TYPE_CHECKING, Any, cast

from chalicelib.adapters.dynamodb.table import MAX_PAGE_ITEMS, Table
from chalicelib.core.support.deadline import Deadline

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Pages:
    """A client of DynamoDB whose every query has another page, up to a number of pages."""

    def __init__(self, pages: int) -> None:
        self._left = pages
        self.limits: list[int] = []

    def query(self, **request: Any) -> dict[str, Any]:
        self.limits.append(request["Limit"])
        self._left -= 1
        return {"Items": []} | ({"LastEvaluatedKey": {}} if self._left else {})


def limits(query: dict[str, Any], pages: int) -> list[int]:
    client = Pages(pages)
    assert list(Table(cast("DynamoDBClient", client), "rooms").query(query, Deadline(8))) == []
    return client.limits


def test_pages_grow_until_an_answer_could_be_too_large() -> None:
    assert limits({"Limit": 100}, 4) == [100, 200, MAX_PAGE_ITEMS, MAX_PAGE_ITEMS]


def test_a_query_without_a_limit_asks_for_the_largest_pages() -> None:
    assert limits({}, 2) == [MAX_PAGE_ITEMS, MAX_PAGE_ITEMS]
