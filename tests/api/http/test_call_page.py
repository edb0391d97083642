"""The call page: its files, and what browsers may do with them."""

import pytest

from app import build_app
from tests.support.gateway import Gateway
from tests.support.servers.stand_ins import APPLICATION_ID, StandIns

OPENTOK = {"apiKey": "100", "apiSecret": "s" * 40}


def _vonage(stand_ins: StandIns) -> dict[str, str]:
    return {"applicationId": APPLICATION_ID, "privateKey": stand_ins.vonage.private}


def test_the_page_loads_its_own_files_and_the_client_library_alone(stand_ins: StandIns) -> None:
    gateway = stand_ins.gateway(OPENTOK_CLIENT_URL="http://library.test:8001/client/opentok.js")

    page = gateway.request("GET", "/call")

    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'src="http://library.test:8001/client/opentok.js"' in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'self';" in policy
    assert "script-src 'self' http://library.test:8001/client/opentok.js;" in policy
    assert "connect-src 'self' http://library.test:8001 ws://library.test:8001;" in policy
    assert page.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("secret", "library"),
    [
        (OPENTOK, "https://static.opentok.com/v2/js/opentok.min.js"),
        (None, "https://unpkg.com/@vonage/client-sdk-video@2.35.2/dist/js/opentok.min.js"),
    ],
)
def test_the_library_is_that_of_the_credentials(
    stand_ins: StandIns, secret: dict[str, str] | None, library: str
) -> None:
    stand_ins.put_secret(secret or _vonage(stand_ins))

    page = stand_ins.gateway().request("GET", "/call")

    assert f'src="{library}"' in page.text
    policy = page.headers["Content-Security-Policy"]
    assert f"script-src 'self' {library};" in policy
    assert "wss://*.tokbox.com" in policy
    assert "style-src 'self' 'unsafe-inline';" in policy


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("page.js", "text/javascript"),
        ("call.css", "text/css"),
        ("key.svg", "image/svg+xml"),
    ],
)
def test_the_files_have_their_types(gateway: Gateway, file: str, kind: str) -> None:
    sent = gateway.request("GET", f"/call/{file}")

    assert sent.status == 200
    assert sent.headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    assert sent.headers["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize("file", ["index.html", "types.d.ts", "none.js", "..%2Fcall_routes.py"])
def test_other_files_are_not_sent(gateway: Gateway, file: str) -> None:
    refused = gateway.request("GET", f"/call/{file}")

    assert refused.status == 404
    assert refused.json["code"] == "no_such_route"


@pytest.mark.parametrize("switch", ["off", "", "yes"])
def test_a_stage_without_the_page_has_none_of_its_routes(stand_ins: StandIns, switch: str) -> None:
    app = build_app(stand_ins.environment | {"CALL_PAGE": switch})

    assert [path for path in app.routes if path.startswith("/call/")] == []
    assert "/call" not in app.routes


def test_without_credentials_the_page_says_so(stand_ins: StandIns) -> None:
    stand_ins.put_secret("none")

    refused = stand_ins.gateway().request("GET", "/call")

    assert (refused.status, refused.json["code"]) == (503, "not_configured")
