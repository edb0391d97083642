"""The common part of all answers: problems, CORS, no caching, and Chalice's own answers too."""

import json
import subprocess
import sys
from http import HTTPStatus
from pathlib import Path

import pytest

import chalicelib
from chalicelib import errors
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.request_log import RequestLog
from chalicelib.api.http.responses import STATUS, Response, problem_response, title_of
from chalicelib.api.http.router import Router
from chalicelib.api.http.routes import Routes
from chalicelib.composition.services import Services
from tests.support.gateway import Gateway, Reply
from tests.support.servers.stand_ins import StandIns

ROOT = Path(__file__).parents[3]


def assert_is_problem(reply: Reply, status: int, code: str) -> None:
    assert (reply.status, reply.code) == (status, code)
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json["status"] == status
    assert reply.json["title"] == title_of(HTTPStatus(status))
    assert reply.json["requestId"] == "gateway-request-1"
    assert {"type", "detail"} <= set(reply.json)
    assert_is_for_browsers(reply)


def assert_is_for_browsers(reply: Reply, origin: str = "*") -> None:
    assert reply.headers["Access-Control-Allow-Origin"] == origin
    assert reply.headers["Cache-Control"] == "no-store"
    assert all(isinstance(value, str) for value in reply.headers.values())


def leaves() -> list[type[errors.RoomkeyError]]:
    return errors.RoomkeyError.__subclasses__()


def test_each_error_has_a_code_of_its_own_and_a_status() -> None:
    assert set(STATUS) == set(leaves())
    codes = [leaf.code for leaf in leaves()]
    assert len(set(codes)) == len(codes)


def test_health_is_public_and_has_the_version(gateway: Gateway, stand_ins: StandIns) -> None:
    reply = gateway.request("GET", "/health")
    assert (reply.status, reply.json) == (200, {"status": "ok", "version": chalicelib.VERSION})
    assert_is_for_browsers(reply)
    assert stand_ins.aws.calls == []


def test_success_and_errors_alike_may_be_read_by_browsers_and_cached_by_nobody(
    stand_ins: StandIns,
) -> None:
    gateway = stand_ins.gateway(CORS_ORIGIN="https://app.test")
    alice = stand_ins.identity.bearer("alice")
    for reply in (
        gateway.request("PUT", "/rooms/a", bearer=alice),
        gateway.request("GET", "/rooms/b", bearer=alice),
        gateway.request("GET", "/rooms/b"),
        gateway.request("POST", "/rooms/b/tokens", bearer=alice, body="{"),
        gateway.request("DELETE", "/rooms/a", bearer=alice),
        gateway.request("PATCH", "/health"),
    ):
        assert_is_for_browsers(reply, "https://app.test")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/health", {"GET", "HEAD"}),
        ("POST", "/rooms/a", {"PUT", "GET", "HEAD", "PATCH", "DELETE"}),
        ("HEAD", "/rooms/a/tokens", {"POST"}),
        ("GET", "/rooms/a/tokens", {"POST"}),
    ],
)
def test_a_method_that_a_path_does_not_have_is_405_and_named(
    gateway: Gateway, method: str, path: str, allowed: set[str]
) -> None:
    reply = gateway.request(method, path)
    assert_is_problem(reply, 405, "method_not_allowed")
    assert set(reply.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("path", ["/health", "/rooms", "/rooms/a", "/rooms/b"])
def test_head_is_answered_as_get_is(gateway: Gateway, stand_ins: StandIns, path: str) -> None:
    alice = stand_ins.identity.bearer("alice")
    gateway.request("PUT", "/rooms/a", bearer=alice)

    got, head = (gateway.request(method, path, bearer=alice) for method in ("GET", "HEAD"))

    assert (head.status, head.headers) == (got.status, got.headers)


def test_an_answer_without_a_body_has_no_type_of_json(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    alice = stand_ins.identity.bearer("alice")
    gateway.request("PUT", "/rooms/a", bearer=alice)

    reply = gateway.request("DELETE", "/rooms/a", bearer=alice)

    assert (reply.status, reply.text, reply.headers["Content-Type"]) == (204, "", "text/plain")


def failing_app(fault: Exception, stand_ins: StandIns) -> Gateway:
    """Return the app with one more route, whose view has a bug."""
    gateway = stand_ins.gateway()
    routes = Routes(tag="tests")

    @routes.get("/buggy", summary="Fail", returns={HTTPStatus.OK: None})
    def buggy(_: RequestContext) -> Response:
        raise fault

    router = Router(Services(stand_ins.environment).use_cases, RequestLog("INFO"), "*")
    router.mount(gateway.app, routes)
    return Gateway(gateway.app)


def test_a_bug_is_500_with_the_cause_in_the_log_and_not_in_the_answer(
    stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway = failing_app(RuntimeError("a bug in a view"), stand_ins)
    reply = gateway.request("GET", "/buggy", bearer=stand_ins.identity.bearer("alice"))
    assert_is_problem(reply, 500, "internal")
    assert "a bug in a view" not in reply.text
    (line,) = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert line["request_id"] == "gateway-request-1"
    assert line["note"] == "RuntimeError"
    assert "in buggy" in line["stack"]
    assert "a bug in a view" not in json.dumps(line).replace(json.dumps(line["stack"]), "")


def test_a_request_has_eight_seconds(stand_ins: StandIns) -> None:
    gateway = stand_ins.gateway()
    services = Services(stand_ins.environment)
    services.use_cases()  # built before the time is measured
    routes = Routes(tag="tests")
    remaining: list[float] = []

    @routes.get("/timed", summary="Wait", returns={HTTPStatus.NO_CONTENT: None})
    def timed(context: RequestContext) -> Response:
        remaining.append(context.deadline.remaining())
        return Response(HTTPStatus.NO_CONTENT)

    Router(services.use_cases, RequestLog("INFO"), "*").mount(gateway.app, routes)
    bearer = stand_ins.identity.bearer("alice")

    assert Gateway(gateway.app).request("GET", "/timed", bearer=bearer).status == 204

    (left,) = remaining
    assert 4 < left <= 8


def test_an_event_that_is_no_request_is_a_problem_too(gateway: Gateway) -> None:
    answer = gateway.app({"requestContext": {}}, None)
    assert answer["statusCode"] == 500
    assert json.loads(answer["body"])["code"] == "internal"


def test_a_problem_says_when_to_retry() -> None:
    answer = problem_response(errors.StoreUnavailable("Later.", retry_after=7), "r1")
    assert answer.headers["Retry-After"] == "7"


def test_the_operators_note_is_not_in_the_callers_answer() -> None:
    answer = problem_response(errors.NotConfigured("AUTH_ISSUER is not set"), "r1")
    assert "AUTH_ISSUER" not in str(answer.content)


def run_python(code: str, environment: dict[str, str]) -> list[str]:
    finished = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.splitlines()


IMPORTED = """
import socket, sys
def refuse(*_): raise AssertionError("importing app reached for the network")
socket.socket.connect = refuse
import app
"""
SIGNED = """
import jwt
jwt.encode({}, "0" * 40, "HS256")
"""
LOADED = """
print("\\n".join(sys.modules))
"""
SDKS = {"botocore", "opentok", "aws_lambda_powertools", "jwt", "cryptography"}

NOT_LOADED_YET = {
    "boto3",  # loads for recordings, workers and metrics
    # Modules of those that `late_modules` puts off:
    "aws_lambda_powertools.metrics.metrics",
    "aws_lambda_powertools.tracing.tracer",
    "botocore.docs.method",
    "cryptography.x509.name",
    "dateutil.parser._parser",
    "html.parser",
    "importlib.metadata._meta",
    "pytz.tzinfo",
    "requests.sessions",
    "xml.dom.minicompat",
    "chalicelib.core.sessions.reconcile_sessions",
    "chalicelib.core.media.record_archives",
    "chalicelib.composition.media",
    "chalicelib.adapters.issuer_documents",  # loads when keys are fetched
}


def test_importing_the_app_needs_no_environment_and_loads_no_sdk() -> None:
    assert not (SDKS | {"boto3", "requests"}) & set(run_python(IMPORTED + LOADED, {}))


def test_a_lambda_loads_what_a_join_needs_before_the_first_request_and_no_more(
    stand_ins: StandIns,
) -> None:
    environment = stand_ins.environment | {
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    environment["ARCHIVE_BUCKET"] = "recordings"
    loaded = set(run_python(IMPORTED + SIGNED + LOADED, environment))
    assert loaded >= SDKS
    assert not NOT_LOADED_YET & loaded
    assert stand_ins.aws.calls == []


def test_the_apis_lambda_fetches_what_a_first_join_needs_while_it_starts(
    stand_ins: StandIns,
) -> None:
    before = stand_ins.identity.fetches
    environment = stand_ins.environment | {
        "_HANDLER": "app.app",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_ENDPOINT_URL": stand_ins.aws_server.url,
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_SECRET_ACCESS_KEY": "test",
    }

    run_python("import app", environment)

    assert sorted(stand_ins.aws.calls) == ["DynamoDB.GetItem", "SecretsManager.GetSecretValue"]
    assert stand_ins.identity.fetches == before + 1


STARTED = """
import gc
import app
from tests.support.gateway import Gateway
print(Gateway(app.app).request("GET", "/health").status)
print(gc.isenabled(), gc.get_freeze_count() > 10_000)
"""


@pytest.fixture(scope="module")
def started_without_settings() -> list[str]:
    """Return the output of a Lambda that starts without settings."""
    return run_python(STARTED, {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9"})


def test_a_lambda_without_settings_still_starts_and_answers_health(
    started_without_settings: list[str],
) -> None:
    assert started_without_settings[-2] == "200"


def test_a_started_lambda_collects_garbage_except_what_its_start_made(
    started_without_settings: list[str],
) -> None:
    assert started_without_settings[-1] == "True True"


def test_a_title_is_the_one_of_rfc_9110_whatever_python_runs() -> None:
    assert title_of(HTTPStatus(413)) == "Content Too Large"
    assert title_of(HTTPStatus(422)) == "Unprocessable Content"
    assert title_of(HTTPStatus.NOT_FOUND) == "Not Found"
