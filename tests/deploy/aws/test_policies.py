import ast
import json
from collections.abc import Iterable
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from chalice.app import ScheduledEventConfig

from app import app
from chalicelib.api.rotation_steps import RUN_SECONDS as RUN_SECONDS_OF_A_STEP
from chalicelib.api.schedules import RUN_SECONDS
from chalicelib.core.rotation.rotate_credentials import TRIAL_SECONDS
from chalicelib.core.sessions.reconcile_sessions import TIME_TO_CHECK
from chalicelib.core.support.switch_times import USUAL_TIMES
from deploy.stage import API_FUNCTION, PROJECT, ROTATION, read_stage
from tests.deploy.reached import reached_from
from tests.rehearsal.aws_calls import AwsCall
from tests.rehearsal.policies import allowed_by, needs, statements

STAGES = ["dev", "prod"]
SCHEDULED = [
    "enforce_closing_times",
    "reconcile_sessions",
    "delete_expired_archives",
    "refill_session_pool",
]
WORKER = "check_sessions"
OTHERS = [*SCHEDULED, WORKER]
"""All functions but the API's."""
INDEXES = {
    API_FUNCTION: {
        "rooms-by-creator",
        "connections-live",
        "media-by-start",
        "media-running",
        "due",
    },
    "enforce_closing_times": {"due", "media-running"},
    "reconcile_sessions": {"due"},
    "check_sessions": {"connections-live", "media-by-start"},
    "delete_expired_archives": {"connections-live", "due", "media-by-start"},
    "refill_session_pool": {"due"},
}
RUNS = {
    "enforce_closing_times": (
        "chalicelib.core.rooms.enforce_closing_times",
        "chalicelib.core.media.stop_media",
    ),
    "check_sessions": (
        "chalicelib.core.sessions.check_sessions",
        "chalicelib.core.sessions.reconcile_connections",
        "chalicelib.core.media.reconcile_media",
        "chalicelib.core.usage.count_usage",
    ),
    "delete_expired_archives": (
        "chalicelib.core.media.delete_expired_archives",
        "chalicelib.core.rooms.user_data.erase_users",
        "chalicelib.core.rooms.user_data.recordings",
    ),
    "refill_session_pool": ("chalicelib.core.sessions.refill_pool",),
}
"""Each function's module first, then those whose use cases composition hands to it."""
EVERY_SECONDS = 60
NOT_OF_THE_API = {"lambda_workers.py", "moved_usage.py", "rotated_secret.py"}
"""Adapters that only other functions use: for workers, the erasure of users, the rotation."""
WITHOUT_RESOURCE = {("cloudwatch:GetMetricData", "*")}
"""The permissions that AWS lets nobody narrow to resources. This one reads numbers alone."""
SCANNED = {
    API_FUNCTION: {"", "/index/rooms-by-creator"},
    "delete_expired_archives": {""},
}
"""The functions that may scan: the table for what is held of a user, the index for all rooms."""
TRANSACTION = {
    "TransactItems": [
        {"Put": {"TableName": "roomkey-dev-rooms"}},
        {"ConditionCheck": {"TableName": "roomkey-dev-rooms"}},
    ]
}


def policy_of(stage: str, function: str = API_FUNCTION) -> Any:
    own = "" if function == API_FUNCTION else f"-{function}"
    return json.loads((PROJECT / ".chalice" / f"policy-{stage}{own}.json").read_text())


def actions_of(policy: Any) -> set[str]:
    actions = {action for action, _ in statements(policy)}
    return {each for each in actions if not each.startswith("logs:")}


def actions_in(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the actions that this code asks AWS for, with members of transactions."""
    methods = {}
    for service in ("cloudwatch", "dynamodb", "s3", "secretsmanager"):
        model = botocore.session.get_session().get_service_model(service)
        for name in model.operation_names:
            methods[xform_name(name)] = f"{service}:{name}"
    members = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
    members["ConditionCheck"] = "ConditionCheckItem"
    found = set()
    for node in nodes:
        for each in ast.walk(node):
            if isinstance(each, ast.Attribute) and each.attr in methods:
                found.add(methods[each.attr])
            elif isinstance(each, ast.Constant) and each.value in methods:
                found.add(methods[str(each.value)])  # generate_presigned_url("get_object", …)
            elif isinstance(each, ast.Dict):
                keys = {key.value for key in each.keys if isinstance(key, ast.Constant)}
                found |= {f"dynamodb:{members[str(key)]}" for key in keys & set(members)}
    return found - _NOT_ACTIONS


_NOT_ACTIONS = {
    "dynamodb:TransactWriteItems",
    "dynamodb:TransactGetItems",
    "s3:CreateSession",  # `create_session` is of OpenTok here
}


@pytest.mark.parametrize("stage", STAGES)
def test_the_apis_policy_allows_what_the_adapters_call_and_nothing_else(stage: str) -> None:
    adapters = (PROJECT / "chalicelib" / "adapters").rglob("*.py")

    called = actions_in(
        ast.parse(path.read_text()) for path in adapters if path.name not in NOT_OF_THE_API
    )
    assert actions_of(policy_of(stage)) == called


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("function", sorted(RUNS))
def test_another_functions_policy_allows_what_it_may_call_and_nothing_else(
    stage: str, function: str
) -> None:
    called = actions_in(reached_from("run", *RUNS[function]))

    # OpenTok's credentials are read wherever OpenTok is asked.
    wanted = called | {"secretsmanager:GetSecretValue"}
    assert actions_of(policy_of(stage, function)) == wanted


@pytest.mark.parametrize("stage", STAGES)
def test_the_rotation_changes_the_credentials_reads_the_account_and_does_nothing_else(
    stage: str,
) -> None:
    adapter = PROJECT / "chalicelib" / "adapters" / "rotated_secret.py"
    secrets = f"arn:*:secretsmanager:*:*:secret:roomkey/{stage}"
    called = {
        (each, f"{secrets}/opentok-??????") for each in actions_in([ast.parse(adapter.read_text())])
    }
    read = ("secretsmanager:GetSecretValue", f"{secrets}/account-??????")
    log = f"arn:*:logs:*:*:log-group:/aws/lambda/roomkey-{stage}-{ROTATION}:*"
    logged = {(f"logs:{each}", log) for each in ("CreateLogStream", "PutLogEvents")}

    assert set(statements(policy_of(stage, ROTATION))) == {*called, read, *logged}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("function", [API_FUNCTION, *OTHERS])
def test_no_other_function_may_read_the_account_or_change_a_secret(
    stage: str, function: str
) -> None:
    allowed = {
        each for each in statements(policy_of(stage, function)) if "secretsmanager" in each[0]
    }

    secret = f"arn:*:secretsmanager:*:*:secret:roomkey/{stage}/opentok-??????"
    assert allowed <= {("secretsmanager:GetSecretValue", secret)}


def test_a_step_of_the_rotation_has_time_to_wait_for_the_switch() -> None:
    seconds = read_stage("prod").config["lambda_functions"][ROTATION]["lambda_timeout"]

    needed = USUAL_TIMES.notice + TRIAL_SECONDS + 60
    assert needed < RUN_SECONDS_OF_A_STEP < seconds < 900


@pytest.mark.parametrize("stage", STAGES)
def test_the_function_that_starts_workers_reads_the_queues_and_starts_that_one_function(
    stage: str,
) -> None:
    called = actions_in(reached_from("run", "chalicelib.core.sessions.reconcile_sessions"))
    called -= {"dynamodb:GetItem"}  # `get` is of the metrics' context here

    policy = policy_of(stage, "reconcile_sessions")
    assert actions_of(policy) == called | {"lambda:InvokeFunction"}
    started = {what for action, what in statements(policy) if action == "lambda:InvokeFunction"}
    assert started == {f"arn:*:lambda:*:*:function:{read_stage(stage).functions[WORKER]}"}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("function", [API_FUNCTION, *OTHERS])
def test_a_policy_names_no_action_by_wildcard_and_only_the_stages_resources(
    stage: str, function: str
) -> None:
    for action, resource in statements(policy_of(stage, function)):
        assert "*" not in action
        if (action, resource) in WITHOUT_RESOURCE:
            continue
        assert f"roomkey-{stage}" in resource or f"roomkey/{stage}/" in resource
        assert not resource.endswith(f"roomkey-{stage}*")


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("function", [API_FUNCTION, *OTHERS])
def test_a_function_may_read_the_indexes_that_it_reads(stage: str, function: str) -> None:
    resources = {resource for _, resource in statements(policy_of(stage, function))}

    indexes = {each.rpartition("/index/")[2] for each in resources if "/index/" in each}
    assert indexes == INDEXES[function]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("function", [API_FUNCTION, *OTHERS])
def test_a_function_scans_only_what_it_must(stage: str, function: str) -> None:
    scanned = {
        resource.partition(f"table/roomkey-{stage}-rooms")[2]
        for action, resource in statements(policy_of(stage, function))
        if action == "dynamodb:Scan"
    }
    assert scanned == SCANNED.get(function, set())


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("function", [API_FUNCTION, *OTHERS])
def test_a_function_writes_to_its_own_log_alone(stage: str, function: str) -> None:
    logs = {
        resource
        for action, resource in statements(policy_of(stage, function))
        if action.startswith("logs:")
    }

    name = read_stage(stage).functions[function]
    assert logs == {f"arn:*:logs:*:*:log-group:/aws/lambda/{name}:*"}


@pytest.mark.parametrize("stage", STAGES)
def test_each_function_is_configured_with_its_own_policy(stage: str) -> None:
    scheduled = {each.name for each in app.event_sources if isinstance(each, ScheduledEventConfig)}
    own = read_stage(stage).config["stages"][stage]["lambda_functions"]

    assert set(read_stage(stage).scheduled) == scheduled == set(SCHEDULED)
    assert [each.name for each in app.pure_lambda_functions] == [WORKER]
    assert set(own) == {*OTHERS, ROTATION}
    for function in own:
        assert own[function] == {"iam_policy_file": f"policy-{stage}-{function}.json"}


def test_a_worker_ends_before_lambda_ends_it() -> None:
    functions = read_stage("prod").config["lambda_functions"]

    assert TIME_TO_CHECK.total_seconds() + 5 <= functions[WORKER]["lambda_timeout"]


def test_a_run_ends_before_lambda_ends_it_and_before_the_next_begins() -> None:
    functions = read_stage("prod").config["lambda_functions"]

    for function in SCHEDULED:
        assert RUN_SECONDS + 5 <= functions[function]["lambda_timeout"] <= EVERY_SECONDS


@pytest.mark.parametrize("function", [API_FUNCTION, *OTHERS, ROTATION])
def test_the_stages_policies_differ_in_nothing_but_the_stage(function: str) -> None:
    dev, prod = (json.dumps(policy_of(stage, function)) for stage in STAGES)

    assert dev.replace("dev", "prod") == prod


def test_a_transaction_needs_what_its_members_need() -> None:
    call = AwsCall("function", "dynamodb", "TransactWriteItems", "/", TRANSACTION)

    assert [action for action, _ in needs(call, "eu-west-1", "1")] == [
        "dynamodb:PutItem",
        "dynamodb:ConditionCheckItem",
    ]


def test_a_policy_does_not_reach_into_another_stage() -> None:
    table = "arn:aws:dynamodb:eu-west-1:1:table/roomkey-prod-rooms"

    assert allowed_by(policy_of("prod"), ("dynamodb:GetItem", table))
    assert not allowed_by(policy_of("dev"), ("dynamodb:GetItem", table))
    assert not allowed_by(policy_of("prod"), ("dynamodb:DeleteTable", table))


def test_a_policy_reaches_the_stages_recordings_and_no_other_bucket() -> None:
    read = AwsCall("function", "s3", "GetObject", "/roomkey-prod-archives-1/47/a1/archive.mp4", {})
    (wanted,) = needs(read, "eu-west-1", "1")

    assert wanted == ("s3:GetObject", "arn:aws:s3:::roomkey-prod-archives-1/47/a1/archive.mp4")
    assert allowed_by(policy_of("prod"), wanted)
    assert not allowed_by(policy_of("dev"), wanted)
    assert not allowed_by(
        policy_of("prod"), ("s3:GetObject", "arn:aws:s3:::roomkey-prod-state-1/a")
    )
