"""Every route refuses callers without a bearer token, unless this file declares it public."""

import json
from http import HTTPStatus

from chalice import Chalice

from app import build_app
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.request_log import RequestLog
from chalicelib.api.http.responses import Response
from chalicelib.api.http.router import Router
from chalicelib.api.http.routes import Routes
from chalicelib.composition.services import Services
from tests.support.gateway import Gateway, Reply
from tests.support.live import Live
from tests.support.servers.stand_ins import CALLBACKS, StandIns

CALL_PAGE = "/call"
"""The page needs credentials, whose kind decides on its client library."""
WITHOUT_SETTINGS = {
    (method, path)
    for method in ("GET", "HEAD")
    for path in ("/health", "/openapi.json", "/call/{file}")
}
PUBLIC = WITHOUT_SETTINGS | {
    ("GET", CALL_PAGE),
    ("HEAD", CALL_PAGE),
    ("POST", "/invitations/tokens"),
}
"""The routes that anybody may call; a new entry makes a route public."""
SIGNED = {("POST", f"/callbacks/{kind}") for kind in CALLBACKS}
"""The routes that OpenTok signs; without a signature the answer is 503, so that OpenTok retries."""

FOR_ANY_GUEST = {
    ("GET", "/rooms/{room}/participants"),
    ("HEAD", "/rooms/{room}/participants"),
}
FOR_GUESTS = FOR_ANY_GUEST | {
    ("GET", "/rooms/{room}"),
    ("HEAD", "/rooms/{room}"),
    ("PATCH", "/rooms/{room}"),
    ("GET", "/rooms/{room}/connections"),
    ("HEAD", "/rooms/{room}/connections"),
    ("DELETE", "/rooms/{room}/connections/{connection_id}"),
    ("POST", "/rooms/{room}/streams/{stream_id}/mute"),
    ("PUT", "/rooms/{room}/mute"),
    ("POST", "/rooms/{room}/bans"),
    ("GET", "/rooms/{room}/bans"),
    ("HEAD", "/rooms/{room}/bans"),
    ("DELETE", "/rooms/{room}/bans/{ban_id}"),
    ("GET", "/rooms/{room}/waiting"),
    ("HEAD", "/rooms/{room}/waiting"),
    ("POST", "/rooms/{room}/waiting/{waiting_id}/admission"),
    ("POST", "/rooms/{room}/waiting/admissions"),
    ("DELETE", "/rooms/{room}/waiting/{waiting_id}"),
    ("POST", "/rooms/{room}/invitations"),
    ("GET", "/rooms/{room}/invitations"),
    ("HEAD", "/rooms/{room}/invitations"),
    ("DELETE", "/rooms/{room}/invitations/{invitation_id}"),
}
"""The routes for guests who are invited as moderators; a new entry opens a route to their links."""

PARAMETERS = {
    "room": "standup",
    "connection_id": "c1",
    "stream_id": "s1",
    "ban_id": "b1",
    "invitation_id": "i1",
    "user_id": "u1",
    "waiting_id": "w1",
    "archive_id": "a1",
    "broadcast_id": "b1",
    "captions_id": "c1",
    "render_id": "r1",
    "secret": "guessed",
    "file": "page.js",
}


def routes_of(app: Chalice) -> set[tuple[str, str]]:
    return {(method, path) for path, views in app.routes.items() for method in views}


def answers(app: Chalice, proof: str | None) -> dict[tuple[str, str], Reply]:
    """Return the answer of each route to this Authorization header."""
    gateway = Gateway(app)
    headers = {} if proof is None else {"Authorization": proof}
    return {
        (method, path): gateway.request(method, path.format_map(PARAMETERS), headers=headers)
        for method, path in routes_of(app)
    }


def open_to(app: Chalice, bearer: str | None, scheme: str = "Bearer") -> set[tuple[str, str]]:
    """Return the routes that do not refuse."""
    replies = answers(app, None if bearer is None else f"{scheme} {bearer}")
    return {
        route for route, reply in replies.items() if reply.status != 401 and not asks_again(reply)
    }


def asks_again(reply: Reply) -> bool:
    """Return True if a callback is refused for lack of a signature."""
    return reply.status == 503 and reply.code == "callback_unsigned"


def test_only_the_public_routes_answer_without_a_bearer(stand_ins: StandIns) -> None:
    app = build_app(stand_ins.environment)

    assert len(routes_of(app)) > len(PUBLIC)
    assert open_to(app, None) == PUBLIC
    assert open_to(app, "garbage") == PUBLIC
    assert open_to(app, stand_ins.identity.bearer("alice", iss="https://evil.test/")) == PUBLIC
    assert stand_ins.items() == []
    assert stand_ins.opentok.calls == []


def test_a_guest_who_moderates_reaches_the_routes_for_guests_and_no_other(live: Live) -> None:
    live.room()
    key, path = "a-key-of-random-characters", "/rooms/standup/invitations"
    codes = {
        role: live.ask("alice", "POST", path, {"role": role}).json["code"]
        for role in ("moderator", "publisher")
    }
    for code in codes.values():
        body = json.dumps({"code": code, "guestKey": key})
        assert live.gateway.request("POST", "/invitations/tokens", body=body).status == 201
    app = build_app(live.stand_ins.environment)

    assert open_to(app, f"{codes['moderator']}.{key}", "Guest") == PUBLIC | FOR_GUESTS
    assert open_to(app, f"{codes['publisher']}.{key}", "Guest") == PUBLIC | FOR_ANY_GUEST
    assert open_to(app, f"{codes['moderator']}.another-key-of-characters", "Guest") == PUBLIC
    assert open_to(app, f"{codes['moderator']}.{key}") == PUBLIC


def test_a_refusal_says_so_in_our_own_shape_on_every_route(stand_ins: StandIns) -> None:
    for route, reply in answers(build_app(stand_ins.environment), None).items():
        if route not in PUBLIC | SIGNED:
            assert reply.code == "unauthenticated"
            assert reply.headers["WWW-Authenticate"] == "Bearer"
            assert reply.headers["Access-Control-Allow-Origin"] == "*"


def test_a_public_route_answers_though_nothing_is_configured() -> None:
    bare = build_app({"CALL_PAGE": "on"})
    assert open_to(bare, None) >= PUBLIC
    replies = answers(bare, None)
    assert {route for route, reply in replies.items() if reply.status == 200} == WITHOUT_SETTINGS


def test_a_route_added_around_the_edge_would_be_noticed(stand_ins: StandIns) -> None:
    app = build_app(stand_ins.environment)

    @app.route("/made-up")
    def made_up() -> dict[str, str]:
        return {}

    assert open_to(app, None) == PUBLIC | {("GET", "/made-up")}


def test_a_new_route_of_the_edge_refuses_before_its_view_is_called(stand_ins: StandIns) -> None:
    app = Chalice("made-up", configure_logs=False)
    router = Router(Services(stand_ins.environment).use_cases, RequestLog("INFO"), "*")
    routes = Routes(tag="tests")
    called: list[str] = []

    @routes.post("/made-up", summary="Made up", returns={HTTPStatus.NO_CONTENT: None})
    def made_up(context: RequestContext) -> Response:
        called.append(context.user.id)
        return Response(HTTPStatus.NO_CONTENT)

    router.mount(app, routes)

    alice = stand_ins.identity.bearer("alice")
    assert open_to(app, None) == set()
    assert called == []
    assert open_to(app, alice) == {("POST", "/made-up")}
    assert called == ["alice"]
