"""The declaration of a route decides how it is served, and its answers are checked against it."""

import json
from http import HTTPStatus

import pytest
from chalice import Chalice

from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.fields import PageQuery
from chalicelib.api.http.request_log import RequestLog
from chalicelib.api.http.responses import Response
from chalicelib.api.http.router import Router
from chalicelib.api.http.routes import Declaration, Routes
from chalicelib.api.rooms.requests import BanBody, TokenBody
from chalicelib.composition.services import Services
from tests.support.gateway import Gateway
from tests.support.openapi import check_answer
from tests.support.servers.stand_ins import StandIns

BANS = "/rooms/{room}/bans"
BAN = {"id": "1", "userId": "bob", "since": "2026-01-31T12:00:00Z"}
PROBLEM = {"type": "about:blank", "title": "…", "status": 404, "detail": "…", "requestId": "1"}
JSON = {"Content-Type": "application/json"}
PROBLEM_JSON = {"Content-Type": "application/problem+json"}


@pytest.fixture
def made_up(stand_ins: StandIns) -> Gateway:
    """Return two routes for a ban, whose views read nothing or something else."""
    app = Chalice("made-up", configure_logs=False)
    router = Router(Services(stand_ins.environment).use_cases, RequestLog("INFO"), "*")
    routes = Routes(tag="tests")
    declaration: Declaration = {
        "summary": "…",
        "returns": {HTTPStatus.NO_CONTENT: None},
        "body": BanBody,
    }

    @routes.post("/careless", **declaration)
    def careless(_: RequestContext) -> Response:
        return Response(HTTPStatus.NO_CONTENT)

    @routes.post("/mistaken-body", **declaration)
    def mistaken_body(context: RequestContext) -> Response:
        context.body(TokenBody)
        return Response(HTTPStatus.NO_CONTENT)

    @routes.post("/mistaken-query", **declaration)
    def mistaken_query(context: RequestContext) -> Response:
        context.query(PageQuery)
        return Response(HTTPStatus.NO_CONTENT)

    router.mount(app, routes)
    return Gateway(app)


def test_a_declared_body_is_checked_though_its_view_does_not_look(
    made_up: Gateway, stand_ins: StandIns
) -> None:
    alice = stand_ins.identity.bearer("alice")
    reply = made_up.request("POST", "/careless", bearer=alice, body='{"userId": 7}')
    assert (reply.status, reply.field) == (422, "userId")
    assert made_up.request("POST", "/careless?page=1", bearer=alice).field == "page"


@pytest.mark.parametrize("what", ["body", "query"])
def test_a_view_gets_nothing_that_is_not_declared(
    made_up: Gateway, stand_ins: StandIns, what: str
) -> None:
    alice = stand_ins.identity.bearer("alice")
    reply = made_up.request("POST", f"/mistaken-{what}", bearer=alice, body='{"userId": "bob"}')
    assert (reply.status, reply.code) == (500, "internal")


def test_a_declared_answer_passes() -> None:
    check_answer("POST", BANS, 201, JSON, json.dumps(BAN))
    problem = PROBLEM | {"code": "room_not_found"}
    check_answer("POST", BANS, 404, PROBLEM_JSON, json.dumps(problem))
    check_answer("DELETE", f"{BANS}/{{ban_id}}", 204, {}, "")


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, JSON, BAN),
        (201, PROBLEM_JSON, BAN),
        (201, JSON, BAN | {"reason": "…"}),
        (201, JSON, BAN | {"since": "yesterday"}),
        (201, JSON, {"id": "1", "userId": "bob"}),
        (404, PROBLEM_JSON, PROBLEM | {"code": "ban_not_found"}),
        (404, PROBLEM_JSON, PROBLEM | {"code": "room_not_found", "hint": "…"}),
        (418, PROBLEM_JSON, PROBLEM | {"code": "room_not_found"}),
    ],
)
def test_an_answer_that_is_not_declared_fails_its_test(
    status: int, headers: dict[str, str], body: dict[str, object]
) -> None:
    with pytest.raises(AssertionError, match=r"POST /rooms/\{room\}/bans answers"):
        check_answer("POST", BANS, status, headers, json.dumps(body))


def test_a_body_where_none_is_declared_fails_its_test() -> None:
    with pytest.raises(AssertionError, match="declares to be empty"):
        check_answer("DELETE", f"{BANS}/{{ban_id}}", 204, {}, "null")
