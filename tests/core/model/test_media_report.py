"""Reports of media, of any size and shape."""

from typing import Any

import pytest

from chalicelib.core.model.media import MediaKind
from chalicelib.core.model.media_report import MediaReport
from tests.support.noon import NOON

TOLD = {"id": "a1", "sessionId": "1_x", "status": "started"}


def kept(told: dict[str, Any]) -> Any:
    report = MediaReport.parse(MediaKind.ARCHIVE, TOLD | told, NOON)
    assert report is not None
    return report.content


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"reason": "a" * 500_000}, {}),
        ({"a" * 64: 1}, {"a" * 64: 1}),
        ({"a" * 65: 1}, {}),
        ({"name": "ü" * 5_000}, {"name": "ü" * 5_000}),
        ({"name": "ü" * 5_400}, {}),
        ({"a": "a" * 20_000, "b": "b" * 20_000, "c": 1}, {"a": "a" * 20_000, "c": 1}),
    ],
    ids=["long", "name", "long name", "in bytes", "too many bytes", "together"],
)
def test_what_would_be_too_large_to_keep_is_left_out_and_nothing_else(
    told: dict[str, Any], shown: dict[str, Any]
) -> None:
    assert kept(told) == TOLD | shown


def test_of_very_many_fields_the_first_are_kept() -> None:
    assert len(kept({f"field-{number}": number for number in range(500)})) == 100
