import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from app import build_app
from deploy.aws.gateway import limit_requests, set_gateway_responses
from deploy.stage import Stage, read_stage

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient


class RecordedGateway:
    """API Gateway's client, as far as the step uses it; it only takes notes."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def put_gateway_response(self, **parameters: Any) -> None:
        self.calls.append(("put_gateway_response", parameters))

    def create_deployment(self, **parameters: Any) -> None:
        self.calls.append(("create_deployment", parameters))

    def update_stage(self, **parameters: Any) -> None:
        self.calls.append(("update_stage", parameters))

    def answers(self) -> dict[str, dict[str, Any]]:
        return {call["responseType"]: call for name, call in self.calls if name.startswith("put_")}


def stage_with(**environment: str) -> Stage:
    stage = read_stage("dev")
    own = {**stage.config["stages"]["dev"], "environment_variables": environment}
    return Stage("dev", {**stage.config, "stages": {"dev": own}})


def recorded(stage: Stage) -> RecordedGateway:
    gateway = RecordedGateway()
    set_gateway_responses("api1", stage, cast("APIGatewayClient", gateway))
    return gateway


def rendered(answer: dict[str, Any]) -> Any:
    """The body as API Gateway makes it of the template."""
    text = answer["responseTemplates"]["application/json"]
    text = text.replace("$context.error.messageString", json.dumps('It\'s "too" much'))
    return json.loads(text.replace("$context.requestId", "request-1"))


def test_each_own_answer_is_a_problem_in_our_shape() -> None:
    for answer in recorded(stage_with()).answers().values():
        problem = rendered(answer)
        assert {"type", "title", "detail", "code", "requestId"} <= set(problem)
        if "statusCode" in answer:
            assert problem["status"] == int(answer["statusCode"])


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("MISSING_AUTHENTICATION_TOKEN", 404, "no_such_route"),
        ("REQUEST_TOO_LARGE", 413, "body_too_large"),
        ("THROTTLED", 429, "too_many_requests"),
        ("INTEGRATION_TIMEOUT", 504, "no_answer"),
    ],
)
def test_what_callers_meet_has_a_status_and_a_code_of_its_own(
    kind: str, status: int, code: str
) -> None:
    problem = rendered(recorded(stage_with()).answers()[kind])

    assert (problem["status"], problem["code"]) == (status, code)


def test_whatever_else_the_gateway_says_has_our_shape_too() -> None:
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= set(recorded(stage_with()).answers())


def test_own_answers_carry_the_stages_origin_and_when_to_come_back() -> None:
    answers = recorded(stage_with(CORS_ORIGIN="https://app.example")).answers()

    for answer in answers.values():
        headers = answer["responseParameters"]
        origin = headers["gatewayresponse.header.Access-Control-Allow-Origin"]
        assert origin == "'https://app.example'"
    assert answers["THROTTLED"]["responseParameters"]["gatewayresponse.header.Retry-After"]


def test_own_answers_are_deployed_once_all_are_set() -> None:
    names = [name for name, _ in recorded(stage_with()).calls]

    assert names.index("create_deployment") == len(names) - 1


def limited(stage: Stage) -> dict[str, str]:
    """Return the limits that are set, by their paths."""
    gateway = RecordedGateway()
    limit_requests("api1", stage, cast("APIGatewayClient", gateway))
    ((_, call),) = gateway.calls
    return {each["path"]: each["value"] for each in call["patchOperations"]}


AS_A_WHOLE = {"/*/*/throttling/rateLimit": "50", "/*/*/throttling/burstLimit": "100"}
GUESTS = {
    "/~1invitations~1tokens/POST/throttling/rateLimit": "10",
    "/~1invitations~1tokens/POST/throttling/burstLimit": "50",
}


def test_a_stage_is_throttled_as_a_whole_and_guests_on_their_own() -> None:
    assert limited(stage_with()) == AS_A_WHOLE | GUESTS


def test_the_guests_route_that_is_throttled_is_a_route() -> None:
    (path, _, _), *_ = (each.removeprefix("/").rpartition("/POST/") for each in GUESTS)
    assert "POST" in build_app({}).routes[path.replace("~1", "/")]


def test_a_variable_part_of_a_path_has_one_name_at_each_place() -> None:
    """API Gateway refuses a second one."""
    names: dict[str, set[str]] = {}
    for path in build_app({}).routes:
        parts = path.split("/")
        for position, part in enumerate(parts):
            if part.startswith("{"):
                names.setdefault("/".join(parts[:position]), set()).add(part)
    assert {place: found for place, found in names.items() if len(found) > 1} == {}
