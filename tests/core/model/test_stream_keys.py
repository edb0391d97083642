"""No key of a stream, and nothing that logs in to its server, stays in what is kept and shown."""

from typing import Any

import pytest

from chalicelib.core.model.media_report import redact_stream_keys

TARGET = {"id": "a", "serverUrl": "rtmps://me:s3cret@live.test:443/app?k=s3cret#s3cret"}
SHOWN = {"id": "a", "serverUrl": "rtmps://live.test:443/app"}


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ({"rtmp": [TARGET | {"streamName": "s3cret"}]}, {"rtmp": [SHOWN]}),
        ({"rtmp": {"a": TARGET | {"streamName": {"deep": "s3cret"}}}}, {"rtmp": {"a": SHOWN}}),
        ([[TARGET]], [[SHOWN]]),
        ({"serverUrl": ["s3cret"]}, {"serverUrl": None}),
        ({"serverUrl": "s3cret"}, {"serverUrl": None}),
        ({"serverUrl": "rtmp://me:s3cret@"}, {"serverUrl": None}),
        ({"serverUrl": "rtmp://[s3cret/"}, {"serverUrl": None}),
        ({"serverUrl": "rtmp://live.test:s3cret/"}, {"serverUrl": None}),
        ({"serverUrl": "rtmp://me:12/s3cret@live.test/app"}, {"serverUrl": None}),
        ({"serverUrl": "rtmp://a@b:12/s3cret@live.test/app"}, {"serverUrl": None}),
        ({"serverUrl": "rtmp://me:12?s3cret@live.test/app"}, {"serverUrl": None}),
        ({"serverUrl": "rtmp://me:12#s3cret@live.test/app"}, {"serverUrl": None}),
        ({"status": "started", "n": 1, "none": None}, {"status": "started", "n": 1, "none": None}),
    ],
)
def test_only_what_tells_no_secret_is_left(content: Any, shown: Any) -> None:
    assert redact_stream_keys(content) == shown
