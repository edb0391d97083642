"""The first calls of official sample apps, without credentials, in both dialects."""

import json
from http import HTTPStatus
from typing import Any

import jwt
import requests

from local.sample_apps import SampleApps
from stand_ins.http.faults import Fault
from stand_ins.http.server import HttpServer
from tests.support.live import wsgi_app
from tests.support.sample_apps.sample_app import SampleApp, parsed, refusal
from tests.support.sample_apps.sample_clients import ANDROID_SESSION, VONAGE_WEB_SESSION
from tests.support.servers.stand_ins import API_KEY, API_SECRET, StandIns

PATHS = [
    "/session",
    "/broadcast/session/host",
    "/room/Demo",
    "/session/Demo?e2ee=true",
    "/session/",
]


def claims(answer: requests.Response) -> dict[str, Any]:
    token: str = answer.json()["token"]
    found: dict[str, Any] = jwt.decode(token, API_SECRET, algorithms=["HS256"], issuer=API_KEY)
    return found


def user_id(answer: requests.Response) -> str:
    return str(json.loads(claims(answer)["connection_data"])["userId"])


def test_an_app_gets_a_publishers_token_for_an_hour(app: SampleApp) -> None:
    for path in PATHS:
        answer = app.get(path)
        session = parsed(answer, ANDROID_SESSION, VONAGE_WEB_SESSION)
        assert set(session) == {"apiKey", "applicationId", "sessionId", "token"}
        assert session["apiKey"] == session["applicationId"] == API_KEY
        token = claims(answer)
        assert token["role"] == "publisher"
        assert token["session_id"] == session["sessionId"]
        assert token["exp"] - token["iat"] == 3600


def test_a_viewer_of_a_broadcast_may_only_watch(app: SampleApp) -> None:
    answer = app.get("/broadcast/session/viewer")

    assert parsed(answer, VONAGE_WEB_SESSION)["sessionId"] == app.session_id
    assert claims(answer)["role"] == "subscriber"


def test_everybody_who_joins_is_another_user(app: SampleApp) -> None:
    users = [user_id(app.get("/session/demo")) for _ in range(3)]

    assert len(set(users)) == 3


def test_a_token_lives_no_longer_than_the_api_allows(stand_ins: StandIns) -> None:
    with HttpServer(wsgi_app(stand_ins.gateway(MAX_TOKEN_SECONDS="600"))) as api:
        apps = SampleApps(api.url, stand_ins.identity_server.url, recording=True, token_seconds=600)
        with HttpServer(apps.wsgi_app) as server:
            token = claims(requests.get(f"{server.url}/session", timeout=10))

    assert token["exp"] - token["iat"] == 600


def test_both_dialects_share_a_room_however_its_name_is_spelt(app: SampleApp) -> None:
    paths = ("/room/demo", "/session/demo", "/session/DEMO")

    assert len({app.get(path).json()["sessionId"] for path in paths}) == 1
    assert app.get("/room/other").json()["sessionId"] not in (app.session_id, "")


def test_a_room_has_the_name_that_the_app_gave(app: SampleApp) -> None:
    app.get("/session/Monday-Standup")

    room = app.live.ask("admin", "GET", "/rooms/monday-standup", admin=True).json
    assert room["room"] == "Monday-Standup"
    assert room["archiveRetentionDays"] == 1


def test_an_app_is_a_guest_in_a_room_that_somebody_else_made(app: SampleApp) -> None:
    room = app.live.room(maxParticipants=2)

    answer = app.get("/session/standup")

    assert answer.json()["sessionId"] == room["sessionId"]
    unchanged = app.live.ask("alice", "GET", "/rooms/standup").json
    assert (unchanged["moderators"], unchanged["archiveRetentionDays"]) == (["alice"], None)


def test_an_app_does_not_get_into_a_room_for_members(app: SampleApp) -> None:
    app.live.room(members=["bob"])

    assert refusal(app.get("/session/standup")) == (403, "not_a_member")


def test_a_name_that_no_room_can_have_is_refused(app: SampleApp) -> None:
    assert refusal(app.get("/session/a%20b")) == (422, "invalid_field")


def test_another_method_is_refused(app: SampleApp) -> None:
    answer = requests.delete(f"{app.url}/session", timeout=10)

    assert refusal(answer) == (405, "method_not_allowed")


def test_an_outage_of_the_identity_provider_is_503(app: SampleApp) -> None:
    app.live.stand_ins.identity.faults.add(Fault("/token", HTTPStatus.SERVICE_UNAVAILABLE))

    assert refusal(app.get("/session")) == (503, "local_stack_unavailable")


def test_where_the_issuer_is_the_users_own_no_bearer_token_is_to_be_had(app: SampleApp) -> None:
    conflict = Fault("/token", HTTPStatus.CONFLICT, body="Sign in at your own issuer.")
    app.live.stand_ins.identity.faults.add(conflict)

    answer = app.get("/session")

    assert refusal(answer) == (409, "no_bearer_tokens")
    assert answer.json()["message"] == "Sign in at your own issuer."


def test_an_outage_of_opentok_keeps_its_retry_after(app: SampleApp) -> None:
    app.live.stand_ins.opentok.faults.add(
        Fault("session/create", HTTPStatus.SERVICE_UNAVAILABLE), times=9
    )

    answer = app.get("/session/new")

    assert refusal(answer) == (503, "provider_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_looking_for_what_is_not_there_makes_no_room(app: SampleApp) -> None:
    before = app.live.stand_ins.items()

    assert app.get("/session/nowhere/archives").json() == {"archives": [], "status": 200}
    assert refusal(app.get("/archive/a1/view")) == (404, "archive_not_found")
    assert app.live.stand_ins.items() == before
