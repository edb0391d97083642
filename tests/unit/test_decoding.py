"""Bodies and queries, read into structs."""

import json
from collections.abc import Callable

import pytest

from chalicelib.api.http.decoding import MAX_QUOTED, read_body, read_query
from chalicelib.api.http.fields import NoQuery, PageQuery
from chalicelib.api.usage_route import UsageQuery
from chalicelib.errors import FieldProblem, InvalidField

NAME = "n" * 5000


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"by": ["week"]}, FieldProblem("by", "must be one of day, room, creator")),
        ({"from": ["30.11.2026"]}, FieldProblem("from", "must be a day, as in 2026-01-31")),
        ({"to": ["2026-01-31T12:00:00Z"]}, FieldProblem("to", "must be a day, as in 2026-01-31")),
    ],
)
def test_a_query_of_usage_that_is_refused_says_what_it_takes(
    asked: dict[str, list[str]], says: FieldProblem
) -> None:
    with pytest.raises(InvalidField) as caught:
        read_query(asked, UsageQuery)

    assert [*caught.value.fields] == [says]


@pytest.mark.parametrize(
    "read",
    [
        lambda: read_body(json.dumps({NAME: 1}).encode(), PageQuery),
        lambda: read_query({NAME: ["1"]}, NoQuery),
        lambda: read_query({NAME: ["1", "2"]}, NoQuery),
    ],
)
def test_an_unknown_name_is_quoted_up_to_a_length(read: Callable[[], object]) -> None:
    with pytest.raises(InvalidField) as caught:
        read()

    assert [each.field for each in caught.value.fields] == ["n" * MAX_QUOTED]
