"""The forms of addresses that callers may have OpenTok connect to."""

import pytest

from chalicelib.api.http.url_checks import RTMP, WEB, WEB_SOCKET, check_address, check_sip_address
from chalicelib.errors import InvalidField


@pytest.mark.parametrize(
    ("text", "schemes"),
    [
        ("https://page.test", WEB),
        ("HTTPS://page.test:8443/a?b=c#d", WEB),
        ("wss://[2001:db8::1]/in", WEB_SOCKET),
        ("rtmp://live.test/app", RTMP),
        ("rtmps://live.test:443/app/instance", RTMP),
    ],
)
def test_an_absolute_address_of_the_right_scheme_passes(text: str, schemes: tuple[str]) -> None:
    check_address("url", text, schemes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "page.test",
        "https:",
        "https://",
        "https:///path",
        "https://:443/",
        "http://page.test",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://page.test/a b",
        "https://page.test/\r\nHost: b",
        "https://page.test\\@b",
        "https://page.test:99999/",
        "https://page.test:x/",
        "https://[::1/",
        "https://pagé.test/",
        " https://page.test",
    ],
)
def test_anything_else_is_refused_by_its_field(text: str) -> None:
    with pytest.raises(InvalidField, match="url: must be a URL that begins with https://"):
        check_address("url", text, WEB)


@pytest.mark.parametrize("text", ["rtmp://me@live.test/a", "rtmp://me:word@live.test/a"])
def test_a_login_passes_where_it_may(text: str) -> None:
    check_address("url", text, RTMP, may_log_in=True)
    with pytest.raises(InvalidField, match="must not contain a user name or a password"):
        check_address("url", text, RTMP)


@pytest.mark.parametrize("text", ["sip:bob@pbx.test", "SIPS:+1555@pbx.test;transport=tls?x=y"])
def test_sip_addresses_pass(text: str) -> None:
    check_sip_address("sip.uri", text)


@pytest.mark.parametrize("text", ["", "sip:", "bob@pbx.test", "tel:1", "sip:bob @pbx", "sip:é@x"])
def test_what_is_no_sip_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidField, match=r"sip\.uri: must be a URL"):
        check_sip_address("sip.uri", text)
