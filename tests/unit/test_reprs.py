"""Values with secrets in them, as a log or a traceback would show them."""

import pytest

from chalicelib.api.media.broadcast_requests import RtmpBody
from chalicelib.core.ports.video_platform import ClientToken
from chalicelib.core.rooms.invitations.join_by_invitation import GuestRequest

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    "value",
    [
        RtmpBody(server_url=f"rtmp://{SECRET}.test/live", stream_name=SECRET, id="youtube"),
        ClientToken("47000001", SECRET),
        GuestRequest(SECRET, SECRET, SECRET),
    ],
)
def test_the_repr_of_a_value_shows_no_secret_of_it(value: object) -> None:
    assert SECRET not in f"{value!r} {value} {[value]}"
