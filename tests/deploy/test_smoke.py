import json

import pytest
from werkzeug.wrappers import Request, Response

from chalicelib import VERSION
from deploy.errors import DeployError
from deploy.smoke import SmokeTest
from stand_ins.http.server import HttpServer

HEALTHY = {"status": "ok", "version": VERSION}
REFUSAL = {"code": "unauthenticated"}


class Service:
    """A deployed service, as right or wrong as a test wants it."""

    def __init__(
        self,
        health: Response | None = None,
        refusal: Response | None = None,
        token: Response | None = None,
        page: Response | None = None,
    ) -> None:
        self.answers = {
            "/api/health": health or as_json(200, HEALTHY),
            "/api/rooms/smoke-test/tokens": refusal or as_json(401, REFUSAL),
            "/api/call": page or Response("<!doctype html>", content_type="text/html"),
            "/api/call/page.js": Response("", content_type="text/javascript; charset=utf-8"),
            "/api/token": token or as_json(200, {"token": "T1=="}),
        }
        self.bearers: list[str | None] = []

    def smoke_test(self, bearer: str | None = None, *, call_page: bool = True) -> list[str]:
        said: list[str] = []
        with HttpServer(Request.application(self._answer)) as server:
            test = SmokeTest(f"{server.url}/api/", said.append, patience_seconds=0)
            test.run(bearer, call_page=call_page)
        return said

    def _answer(self, request: Request) -> Response:
        self.bearers.append(request.headers.get("Authorization"))
        return self.answers[request.path]


def as_json(status: int, content: object) -> Response:
    return Response(json.dumps(content), status, content_type="application/json")


def test_a_service_that_answers_as_it_should_passes() -> None:
    said = Service().smoke_test()

    assert f"health: 200, version {VERSION}" in said
    assert "a join without an access token: 401 unauthenticated" in said


def test_a_bearer_is_used_for_the_token_alone() -> None:
    service = Service()

    assert "a client token for your access token: 200" in service.smoke_test("ey.bearer")
    assert service.bearers == [None, None, None, None, "Bearer ey.bearer"]


def test_a_stage_without_the_call_page_is_asked_for_none() -> None:
    service = Service(page=as_json(404, {"code": "no_such_route"}))

    assert not any("the call page" in line for line in service.smoke_test(call_page=False))


@pytest.mark.parametrize(
    "service",
    [
        Service(health=as_json(200, {"status": "ok", "version": "0.0.1"})),
        Service(health=as_json(502, {"message": "Internal server error"})),
        Service(refusal=as_json(503, {"code": "not_configured"})),
        Service(refusal=as_json(401, {"message": "Unauthorized"})),
        Service(refusal=Response("<html>", 401)),
        Service(page=as_json(404, {"code": "no_such_route"})),
        Service(page=as_json(200, {})),
        Service(token=as_json(503, {"code": "not_configured"})),
    ],
)
def test_anything_else_fails_and_says_where_to_look(service: Service) -> None:
    with pytest.raises(DeployError) as failure:
        service.smoke_test("ey.bearer")

    assert "chalice logs" in failure.value.remedy
    assert "ey.bearer" not in str(failure.value)
