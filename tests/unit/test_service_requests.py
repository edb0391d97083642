"""Bodies of requests to start services: their rules, and what a log may show of them."""

from typing import Any

import pytest
from msgspec import Struct, convert

from chalicelib.api.media.service_requests import (
    AudioConnectorBody,
    CaptionsBody,
    DtmfBody,
    RenderBody,
    SipBody,
    SipLogin,
    SipOptions,
    SocketOptions,
)
from chalicelib.errors import InvalidField

SECRET = "s3cret"
CALL = {"uri": "sip:bob@pbx.test"}
SOCKET = {"uri": "wss://audio.test/in"}


LOGIN = SipLogin(SECRET, SECRET)
SIP = SipOptions(f"sip:{SECRET}@pbx.test", headers={"X-Key": SECRET}, auth=LOGIN)
WEB_SOCKET = SocketOptions(f"wss://audio.test/{SECRET}", headers={"key": SECRET})


@pytest.mark.parametrize(
    "body",
    [LOGIN, SIP, SipBody(SIP), WEB_SOCKET, AudioConnectorBody(WEB_SOCKET), DtmfBody(SECRET)],
    ids=lambda body: type(body).__name__,
)
def test_a_body_shows_its_type_and_no_credentials_in_a_log(body: Struct) -> None:
    assert repr(body).startswith(f"{type(body).__name__}(")
    assert SECRET not in repr(body)


@pytest.mark.parametrize(
    ("body", "content", "blamed"),
    [
        (CaptionsBody, {"languageCode": "english!"}, "languageCode"),
        (SipBody, {"sip": {"uri": "tel:123"}}, "sip.uri"),
        (SipBody, {"sip": {**CALL, "headers": {"Via": "here"}}}, "sip.headers"),
        (SipBody, {"sip": {**CALL, "headers": {"X-A": "1\r\nVia: b"}}}, "sip.headers"),
        (
            SipBody,
            {"sip": {**CALL, "headers": {f"X-{number}": "1" for number in range(51)}}},
            "sip.headers",
        ),
        (RenderBody, {"url": "http://page.test/board"}, "url"),
        (AudioConnectorBody, {"websocket": {"uri": "https://audio.test/in"}}, "websocket.uri"),
        (
            AudioConnectorBody,
            {"websocket": {**SOCKET, "headers": {"a": "é" * 256}}},
            "websocket.headers",
        ),
        (
            AudioConnectorBody,
            {"websocket": {**SOCKET, "headers": {"a\nb": "1"}}},
            "websocket.headers",
        ),
        (
            AudioConnectorBody,
            {"websocket": {**SOCKET, "audioTransport": '{"transport":"udp"}'}},
            "websocket.audioTransport",
        ),
    ],
)
def test_a_rule_that_is_broken_names_its_field(
    body: type[CaptionsBody | SipBody | RenderBody | AudioConnectorBody],
    content: dict[str, Any],
    blamed: str,
) -> None:
    with pytest.raises(InvalidField) as refusal:
        convert(content, body).options()
    assert [problem.field for problem in refusal.value.fields] == [blamed]


@pytest.mark.parametrize("digits", ["", "12a", "1 2", "\uff11"])
def test_what_is_no_telephone_tone_is_refused(digits: str) -> None:
    with pytest.raises(InvalidField):
        DtmfBody(digits).checked_digits()


def test_every_telephone_tone_and_pause_passes() -> None:
    assert DtmfBody("0123456789*#p").checked_digits() == "0123456789*#p"
