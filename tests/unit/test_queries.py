"""Queries of the table, page by page."""

from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.adapters.aws_answers import AnswerTooLarge
from chalicelib.adapters.dynamodb.table import FIRST_PAGE_ITEMS, MAX_PAGE_ITEMS, Table
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Pages:
    """A client of DynamoDB whose every query has another page, up to a number of pages.

    Args:
        pages: The number of pages.
        fitting: The number of items that fit in an answer.
    """

    def __init__(self, pages: int, fitting: int) -> None:
        self._left = pages
        self._fitting = fitting
        self.limits: list[int] = []

    def query(self, **request: Any) -> dict[str, Any]:
        self.limits.append(request["Limit"])
        if request["Limit"] > self._fitting:
            raise AnswerTooLarge
        self._left -= 1
        return {"Items": []} | ({"LastEvaluatedKey": {}} if self._left else {})


def limits(query: dict[str, Any], pages: int, fitting: int = MAX_PAGE_ITEMS) -> list[int]:
    client = Pages(pages, fitting)
    assert list(Table(cast("DynamoDBClient", client), "rooms").query(query, Deadline(8))) == []
    return client.limits


def test_pages_double_up_to_a_limit() -> None:
    assert limits({"Limit": 4000}, 4) == [4000, 8000, MAX_PAGE_ITEMS, MAX_PAGE_ITEMS]


def test_a_query_without_a_limit_begins_with_a_page_that_is_not_too_large() -> None:
    assert limits({}, 2) == [FIRST_PAGE_ITEMS, 2 * FIRST_PAGE_ITEMS]


def test_pages_of_large_items_become_smaller_and_stay_so() -> None:
    assert limits({"Limit": 101}, 3, fitting=30) == [101, 51, 26, 26, 26]


def test_one_item_that_is_too_large_ends_a_query() -> None:
    with pytest.raises(StoreUnavailable):
        limits({"Limit": 2}, 1, fitting=0)
