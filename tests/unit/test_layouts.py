"""Layouts: a stylesheet places streams, and has nothing loaded."""

import pytest
from msgspec import convert

from chalicelib.api.media.archive_requests import LayoutBody
from chalicelib.errors import InvalidField


def layout(stylesheet: str) -> LayoutBody:
    return convert({"type": "custom", "stylesheet": stylesheet}, LayoutBody)


def test_a_stylesheet_that_places_streams_passes() -> None:
    sheet = "stream.instructor {position: absolute; width: calc(100% - 2px)}\n/* curl (1) */"
    assert layout(sheet).options()["stylesheet"] == sheet


@pytest.mark.parametrize(
    "stylesheet",
    [
        "stream {background: url(https://10.0.0.1/)}",
        "stream {background: URL('//10.0.0.1')}",
        "stream {background: u\\72l(//10.0.0.1)}",
        "stream {background: image-set('//10.0.0.1' 1x)}",
        "stream {background: image('//10.0.0.1')}",
        "stream {background: src('//10.0.0.1')}",
        "@import '//10.0.0.1/a.css';",
        "@Import '//10.0.0.1/a.css';",
    ],
)
def test_a_stylesheet_that_loads_something_is_refused(stylesheet: str) -> None:
    with pytest.raises(InvalidField, match="stylesheet"):
        layout(stylesheet).options()
