"""Bodies and queries, read into structs."""

import json
from collections.abc import Callable

import pytest

from chalicelib.api.http.decoding import MAX_QUOTED, read_body, read_query
from chalicelib.api.http.fields import NoQuery, PageQuery
from chalicelib.errors import InvalidField

NAME = "n" * 5000


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
