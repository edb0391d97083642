"""The messages of msgspec, as rules of fields."""

import msgspec
import pytest

from chalicelib.api.http.validation_messages import field_problem


class Body(msgspec.Struct):
    """A body with one field."""

    seats: int


@pytest.mark.parametrize(
    ("message", "field", "reason"),
    [
        ("Expected `int` >= 1 - at `$.seats`", "seats", "must be at least 1"),
        ("Object missing required field `seats`", "seats", "is required"),
        ("Something that msgspec never said - at `$.seats`", "seats", "breaks a rule"),
        ("Something that msgspec never said", "body", "breaks a rule"),
    ],
)
def test_each_message_names_the_field_and_a_rule(message: str, field: str, reason: str) -> None:
    found = field_problem(message, Body)
    assert (found.field, found.reason) == (field, reason)
