"""`make rehearse`: the deployment against an AWS account on this machine, and its zip at work."""

import importlib.util
import json
import marshal
import re
import sys
from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path
from types import CodeType
from urllib.parse import urlsplit
from zipfile import ZipFile

import jwt
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from chalicelib.core.sessions.reconcile_sessions import MAX_WORKERS
from deploy.packaging.aws_descriptions import OPERATIONS
from deploy.packaging.compile_modules import OURS
from deploy.packaging.completeness import check_complete
from deploy.stage import PROJECT
from tests.deploy.export.made_by_calls import PLACES, READS, WITHOUT_PLACE
from tests.deploy.rehearsed import (
    BEHIND,
    FILM,
    SCHEDULED,
    WORKER,
    WRONG_SECRET,
    Act,
    Rehearsed,
    rehearse,
    url_in,
)
from tests.rehearsal.demands import TAGS
from tests.rehearsal.operators import BOUNDARY
from tests.rehearsal.policies import statements as rights_of
from tests.rehearsal.rights import statements
from tests.rehearsal.runbook import BY_ACTS, WHILE_IT_RUNS, rehearsed_commands
from tests.rehearsal.stage_set import ACCOUNT_SECRET, API_KEY, API_SECRET, ORIGIN
from tools.release.bill_of_materials import SPECIFICATION
from tools.release.changelog import Section
from tools.release.files import HASHES, sha256_of, write_files

pytestmark = [
    pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning"),  # moto's gaps
]

CHALICES = ["ImportRestApi", "PutRestApi"]
ROLES = {
    "roomkey-prod": "api_handler",
    "roomkey-prod-enforce_closing_times": "enforce_closing_times",
    "roomkey-prod-reconcile_sessions": "reconcile_sessions",
    "roomkey-prod-delete_expired_archives": "delete_expired_archives",
    "roomkey-prod-refill_session_pool": "refill_session_pool",
    "roomkey-prod-check_sessions": "check_sessions",
}
"""The name in each function's role."""

OF_A_SERVING_STAGE = ("apis", "functions", "roles", "rules")
RECORDINGS = "roomkey-prod-archives-rehearsed"

COPIER = "copy_audit"
NOT_IN_A_REHEARSAL = {
    "deployer-policy": {
        "cloudformation:DescribeStackEvents",
        "s3:DeleteObject",
        "secretsmanager:CancelRotateSecret",
    },
    "operator-policy": {"dynamodb:ConditionCheckItem", "dynamodb:DeleteItem"},
}
"""A failure's reason, recordings and the rotation of a destroyed stage, what erasures change."""

ONLY_IN_A_RACE = {(WORKER, "dynamodb:ConditionCheckItem")}
"""`SeatReconciler` gives somebody a seat while the room loses its limit."""


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    with rehearse(tmp_path_factory.mktemp("rehearsal")) as seen:
        yield seen


def succeeded(act: Act) -> bool:
    assert act.outcome.status == 0, act.outcome.output
    return True


def test_a_deployment_without_credentials_stops_and_says_what_to_do(rehearsed: Rehearsed) -> None:
    act = rehearsed.acts["deploy without credentials"]

    assert act.outcome.status != 0
    assert "[2/5]" in act.outcome.output
    assert "make secret STAGE=prod" in act.outcome.output
    assert "[3/5]" not in act.outcome.output


def test_credentials_that_opentok_refuses_are_neither_stored_nor_shown(
    rehearsed: Rehearsed,
) -> None:
    act = rehearsed.acts["wrong credentials"]

    assert act.outcome.status != 0
    assert "OpenTok refuses these credentials" in act.outcome.output
    assert WRONG_SECRET not in act.outcome.output
    assert "secretsmanager:PutSecretValue" not in act.actions


def test_credentials_that_opentok_takes_are_stored_and_not_shown(rehearsed: Rehearsed) -> None:
    act = rehearsed.acts["credentials"]

    assert succeeded(act)
    assert act.actions[-1] == "secretsmanager:PutSecretValue"
    assert API_SECRET not in act.outcome.output


def test_a_failing_step_stops_the_deployment_with_its_reason(rehearsed: Rehearsed) -> None:
    act = rehearsed.acts["interrupted deploy"]

    assert act.outcome.status != 0
    assert "AddPermission" in act.outcome.output
    assert "[4/5]" not in act.outcome.output
    assert act.actions[-1] == "lambda:AddPermission"


def test_a_deployment_after_an_interrupted_one_takes_up_its_api(rehearsed: Rehearsed) -> None:
    assert succeeded(rehearsed.acts["first deploy"])
    assert "ImportRestApi" in rehearsed.acts["interrupted deploy"].operations("apigateway")
    assert "ImportRestApi" not in rehearsed.acts["first deploy"].operations("apigateway")
    assert len(rehearsed.seen["apis"]) == 1


def test_a_deployment_shows_its_steps_in_order_and_ends_with_the_url(rehearsed: Rehearsed) -> None:
    act = rehearsed.acts["first deploy"]

    assert re.findall(r"^\[(\d)/5\]", act.outcome.output, re.MULTILINE) == list("12345")
    assert url_in(act.outcome).startswith("https://")


def test_another_clone_updates_the_same_api_and_keeps_its_url(rehearsed: Rehearsed) -> None:
    first, second = rehearsed.acts["first deploy"], rehearsed.acts["second deploy"]

    assert succeeded(second)
    assert url_in(first.outcome) == url_in(second.outcome)
    assert "PutRestApi" in second.operations("apigateway")
    assert "ImportRestApi" not in second.operations("apigateway")


@pytest.mark.parametrize(
    "name", ["first deploy", "second deploy", "deploy prod again", "deploy dev"]
)
def test_gateway_settings_come_after_chalice_and_the_stages_last(
    rehearsed: Rehearsed, name: str
) -> None:
    operations = rehearsed.acts[name].operations("apigateway")

    document = max(i for i, each in enumerate(operations) if each in CHALICES)
    chalices, ours = (i for i, each in enumerate(operations) if each == "CreateDeployment")
    error_middleware = [i for i, each in enumerate(operations) if each == "PutGatewayResponse"]
    assert document < chalices < min(error_middleware)
    assert max(error_middleware) < ours
    assert operations[ours + 1 :] == ["UpdateStage"]


@pytest.mark.parametrize("name", ["first deploy", "second deploy"])
def test_state_is_fetched_before_chalice_and_stored_after_it(
    rehearsed: Rehearsed, name: str
) -> None:
    actions = rehearsed.acts[name].actions

    fetched, stored = actions.index("s3:GetObject"), actions.index("s3:PutObject")
    assert fetched < actions.index("lambda:UpdateFunctionCode") < stored


def test_the_smoke_test_tries_a_token_where_a_bearer_is_given(rehearsed: Rehearsed) -> None:
    assert "token: not checked" in rehearsed.acts["first deploy"].outcome.output
    second = rehearsed.acts["second deploy"].outcome.output
    assert "a client token for your access token: 200" in second


def test_the_smoke_test_opens_the_call_page_that_a_stage_may_serve(rehearsed: Rehearsed) -> None:
    said = {name: rehearsed.acts[f"{name} deploy"].outcome.output for name in ("first", "second")}
    assert re.search(r"the call page: 200, https://\w+\.execute-api\S+/api/call\n", said["second"])
    assert "the call page" not in said["first"]


def test_chalices_document_is_swagger_2(rehearsed: Rehearsed) -> None:
    from openapi_spec_validator import OpenAPIV2SpecValidator  # noqa: PLC0415  loads for 1.5 s

    for document in rehearsed.documents:
        assert document["swagger"] == "2.0"
        # Chalice leaves a path's parameters out of its OPTIONS, which API Gateway does not mind.
        errors = [
            error
            for error in OpenAPIV2SpecValidator(document).iter_errors()
            if "'options' operation" not in str(error)
        ]
        assert not errors


@pytest.mark.parametrize(
    ("name", "memory", "seconds"),
    [("roomkey-prod", 1769, 15), *((name, 512, 60) for name in SCHEDULED), (WORKER, 1769, 30)],
)
def test_each_function_has_the_memory_time_and_settings_of_the_configuration(
    rehearsed: Rehearsed, name: str, memory: int, seconds: int
) -> None:
    function = rehearsed.seen["functions"][name]["Configuration"]

    assert (function["MemorySize"], function["Timeout"]) == (memory, seconds)
    assert function["Architectures"] == ["x86_64"]
    assert function["Environment"]["Variables"]["ROOMS_TABLE"] == "roomkey-prod-rooms"


def test_runs_are_one_at_a_time_workers_limited_and_none_late(rehearsed: Rehearsed) -> None:
    for name in BEHIND:
        concurrency = rehearsed.seen["functions"][name]["Concurrency"]
        at_once = MAX_WORKERS if name == WORKER else 1
        assert concurrency["ReservedConcurrentExecutions"] == at_once
        late = rehearsed.seen["late runs"][name]
        assert (late["MaximumRetryAttempts"], late["MaximumEventAgeInSeconds"]) == (0, 60)
    assert "Concurrency" not in rehearsed.seen["functions"]["roomkey-prod"]


@pytest.mark.parametrize("name", ["first deploy", "second deploy", "deploy dev"])
def test_each_schedule_is_made_before_the_api_and_set_after_chalice(
    rehearsed: Rehearsed, name: str
) -> None:
    actions = rehearsed.acts[name].actions

    rules = [i for i, each in enumerate(actions) if each == "events:PutRule"]
    targets = [i for i, each in enumerate(actions) if each == "events:PutTargets"]
    alone = [i for i, each in enumerate(actions) if each == "lambda:PutFunctionConcurrency"]
    others = 2 if name == "deploy dev" else 1  # the worker, and in dev the rotation
    assert len(rules) == len(targets) == len(alone) - others == len(SCHEDULED)
    in_turn = [each for pair in zip(rules, targets, strict=True) for each in pair]
    assert in_turn == sorted(in_turn)
    assert targets[-1] < actions.index("apigateway:CreateDeployment")
    assert actions.index("s3:PutObject") < min(alone)


def test_the_log_that_the_function_writes_to_has_a_retention(rehearsed: Rehearsed) -> None:
    retention = {each["logGroupName"]: each["retentionInDays"] for each in rehearsed.seen["logs"]}

    audit = {"/roomkey/prod/audit": 400, "/aws/lambda/roomkey-prod-copy_audit": 14}
    requests = {f"/aws/lambda/{name}": 90 for name in ("roomkey-prod", *BEHIND)}
    assert retention == audit | requests


def test_each_function_has_its_audit_lines_copied(rehearsed: Rehearsed) -> None:
    filters = {
        name: [(each["filterPattern"], each["destinationArn"]) for each in found]
        for name, found in rehearsed.seen["audited"].items()
    }
    copier = "arn:aws:lambda:eu-west-1:123456789012:function:roomkey-prod-copy_audit"
    wanted = [('{ $.kind = "audit" }', copier)]

    assert filters == dict.fromkeys(("roomkey-prod", *BEHIND), wanted)


def test_the_stage_is_throttled_and_guests_on_their_own(rehearsed: Rehearsed) -> None:
    settings = rehearsed.seen["stage"]["methodSettings"]

    assert settings["*/*"]["throttlingRateLimit"] == 1000
    assert settings["*/*"]["throttlingBurstLimit"] == 2000
    assert settings["~1invitations~1tokens/POST"]["throttlingRateLimit"] == 100
    assert settings["~1invitations~1tokens/POST"]["throttlingBurstLimit"] == 200


def test_prods_table_is_on_demand_and_protected(rehearsed: Rehearsed) -> None:
    table = rehearsed.seen["table"]

    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["DeletionProtectionEnabled"] is True


def test_a_join_at_the_deployed_url_gives_a_real_token(rehearsed: Rehearsed) -> None:
    answer = rehearsed.answers["join"]

    assert answer.status_code == 201, rehearsed.seen["log"]
    claims = jwt.decode(answer.json()["token"], API_SECRET, algorithms=["HS256"])
    assert claims["session_id"] == answer.json()["sessionId"]
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert rehearsed.answers["join again"].json()["sessionId"] == claims["session_id"]


def test_the_other_routes_answer_at_the_deployed_url(rehearsed: Rehearsed) -> None:
    statuses = {name: rehearsed.answers[name].status_code for name in ("list", "read", "close")}

    assert statuses == {"list": 200, "read": 200, "close": 204}
    listed = {each["room"] for each in rehearsed.answers["list"].json()["items"]}
    assert {"stand-up", "seats"} <= listed


def test_signed_callbacks_arrive_at_the_deployed_url(rehearsed: Rehearsed) -> None:
    assert len(rehearsed.seen["callbacks"]) >= 4
    assert set(rehearsed.seen["callbacks"]) == {200}
    (shown,) = rehearsed.answers["presence"].json()["items"]
    assert (shown["userId"], len(shown["streams"])) == ("alice", 1)


def test_every_minute_rooms_are_warned_and_stale_records_are_removed(rehearsed: Rehearsed) -> None:
    assert sorted(rehearsed.seen["rules"]) == sorted(f"{name}-event" for name in SCHEDULED)
    assert [each["type"] for each in rehearsed.seen["warned"]["signals"]] == ["roomkey-closing"]
    assert len(rehearsed.seen["warned"]["connections"]) == 1
    assert rehearsed.answers["presence reconciled"].json()["items"] == []


def test_an_archive_whose_time_is_over_is_deleted(rehearsed: Rehearsed) -> None:
    (kept,) = rehearsed.answers["recordings"].json()["items"]
    assert kept["status"] == "available"
    assert rehearsed.answers["recordings later"].json()["items"] == []


def test_a_room_whose_hours_are_over_is_emptied(rehearsed: Rehearsed) -> None:
    assert rehearsed.answers["shorten"].status_code == 200
    assert rehearsed.seen["emptied"]["connections"] == []


@pytest.mark.parametrize("name", SCHEDULED)
def test_each_run_has_a_line_in_the_log(rehearsed: Rehearsed, name: str) -> None:
    runs = rehearsed.seen["runs"][name]

    # The function that deletes archives also erases users, with a line of its own.
    lines = 4 if name.endswith("delete_expired_archives") else 2
    assert [(each["status"], each["service"]) for each in runs] == [(200, name)] * lines, runs


def test_sessions_are_checked_by_workers_that_are_started_for_it(rehearsed: Rehearsed) -> None:
    runs = rehearsed.seen["runs"][WORKER]

    assert {(each["status"], each["service"], each["code"]) for each in runs} == {
        (200, WORKER, "ok")
    }, runs


def test_opentok_is_given_the_bucket_and_a_key_which_nobody_is_shown(rehearsed: Rehearsed) -> None:
    acts = [rehearsed.acts[name] for name in ("archive storage", "new key for archives")]
    told = rehearsed.seen["archive storage"]

    assert [each["config"]["bucket"] for each in told] == [RECORDINGS] * 2
    assert told[0]["config"]["accessKey"] != told[1]["config"]["accessKey"]
    for act in acts:
        assert succeeded(act)
        assert not [each for each in told if each["config"]["secretKey"] in act.outcome.output]
    rotation = acts[1].actions
    assert rotation.index("iam:CreateAccessKey") < rotation.index("secretsmanager:PutSecretValue")
    assert rotation.index("s3:ListObjectsV2") < rotation.index("iam:DeleteAccessKey")


def test_a_recording_is_fetched_from_the_owners_own_bucket(rehearsed: Rehearsed) -> None:
    film = rehearsed.answers["film"]

    assert (film.status_code, film.content) == (200, FILM)
    assert [each.status_code for each in film.history] == [302]
    assert urlsplit(film.url).hostname == f"{RECORDINGS}.s3.eu-west-1.amazonaws.com"
    assert rehearsed.answers["delete film"].status_code == 204


def test_what_no_route_matches_is_a_problem_with_cors(rehearsed: Rehearsed) -> None:
    answer = rehearsed.answers["no such route"]

    assert answer.status_code == 404
    assert answer.json()["code"] == "no_such_route"
    assert answer.json()["requestId"]
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_a_preflight_is_answered_with_cors(rehearsed: Rehearsed) -> None:
    answer = rehearsed.answers["preflight"]

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_the_function_works_from_a_folder_that_it_never_writes_to(rehearsed: Rehearsed) -> None:
    with ZipFile(rehearsed.package) as package:
        assert rehearsed.seen["files"] == set(package.namelist())


def test_every_action_of_the_policies_is_used_and_every_one_used_is_allowed(
    rehearsed: Rehearsed,
) -> None:
    # The account refuses functions what their role does not allow, and no answer was a refusal.
    for function, role in ROLES.items():
        own = "" if role == "api_handler" else f"-{role}"
        policy = json.loads((PROJECT / ".chalice" / f"policy-prod{own}.json").read_text())
        assert rehearsed.seen["policies"][f"roomkey-prod-{role}"] == policy
        used = {each[1:] for each in rehearsed.used_by_functions if each[0] == function}
        for each in rights_of(policy):
            action, resource = each
            if action.startswith("logs:") or (function, action) in ONLY_IN_A_RACE:
                continue
            assert any(action == a and fnmatchcase(r, resource) for a, r in used), (function, each)


def test_attendance_and_usage_are_read_by_the_api_and_by_the_operator(
    rehearsed: Rehearsed,
) -> None:
    (line,) = rehearsed.answers["attendance"].json()["items"][:1]
    assert line["userId"] == "alice"
    assert rehearsed.answers["usage"].status_code == 200
    printed = rehearsed.acts["make usage STAGE=prod MONTH=2026-11 CSV=usage.csv"].outcome.output
    assert "rooms, estimate $" in printed


def test_an_admin_sees_all_rooms_and_the_state_of_the_stage(rehearsed: Rehearsed) -> None:
    listed = {each["room"] for each in rehearsed.answers["all rooms"].json()["items"]}
    assert {"seats", "closing", "guests"} <= listed
    overview = rehearsed.answers["overview"]
    assert overview.status_code == 200
    # Moto has no metrics of the log. That CloudWatch was asked, and may be, is what counts.
    assert overview.json()["refusals"] == {}
    assert overview.json()["liveRooms"] >= 1


def test_a_user_is_shown_and_erased_by_the_api_and_by_the_operator(rehearsed: Rehearsed) -> None:
    kinds = {each["kind"] for each in rehearsed.answers["ask for data"].json()["items"]}
    assert kinds >= {"room", "session", "connection", "usage"}
    assert rehearsed.answers["erase"].status_code == 202
    assert rehearsed.answers["erased"].json()["erasure"]["erased"] > len(kinds)
    command = "make user-data STAGE=prod ID='auth0|5f7c'"
    shown, erased = (f"{command} OUT=user.json", f"{command} OUT=before.json ERASE=1")
    assert re.match(r"user\.json: \d+ records", rehearsed.acts[shown].outcome.output)
    assert "records were erased." in rehearsed.acts[erased].outcome.output


def test_the_privacy_of_a_stage_is_checked_in_the_account(rehearsed: Rehearsed) -> None:
    printed = rehearsed.acts["privacy check"].outcome.output
    assert "OPEN  ATTENDANCE_DAYS" in printed
    assert "ok    Only your own pages" in printed
    # Moto's CloudFormation leaves out what it does not know of buckets and tables.
    assert printed.count("  ok  ") + printed.count("  OPEN  ") == 11
    assert "ok    The functions run with the settings" in printed
    assert "ok    OpenTok has a key to upload recordings" in printed
    assert "OPEN  PRIVACY=strict" in printed
    assert "points are open." in printed


def test_a_key_of_privacy_is_made_and_gives_a_users_hash(rehearsed: Rehearsed) -> None:
    made, hashed = (
        rehearsed.acts[command].outcome.output
        for command in ("make privacy-key STAGE=prod", "make user-hash STAGE=prod ID='auth0|5f7c'")
    )
    assert "comes first of 1 now" in made
    assert re.search(r"^hash:[0-9a-f]{32}$", hashed, re.MULTILINE)


def test_each_command_of_the_runbook_succeeds(rehearsed: Rehearsed) -> None:
    for command in rehearsed_commands():
        succeeded(rehearsed.acts[BY_ACTS.get(command, command)])


def test_an_operator_sees_who_is_in_frees_a_seat_and_ends_a_call(rehearsed: Rehearsed) -> None:
    printed = {name: rehearsed.acts[name].outcome.output for name in WHILE_IT_RUNS}
    room = "STAGE=prod ROOM=seats"
    assert "Live rooms, by their last check: " in printed["make rooms STAGE=prod"]
    assert re.search(
        r"^  seats .* 0 recordings  open$", printed["make rooms STAGE=prod"], re.MULTILINE
    )
    assert "Seats: 1 of 2, 1 without a connection:\n  bob " in printed[f"make who {room}"]
    assert "freed 1 seat." in printed[f"make free {room}"]
    assert "The call in seats has ended." in printed[f"make free {room} END=1"]
    assert "An admin has roomkey:admin" in printed["make bearer-help STAGE=prod"]
    acts = rehearsed.seen["operator's lines"]
    user = "alice"  # who takes the place of the runbook's id
    assert [(each["action"], each.get("room"), each.get("subject")) for each in acts] == [
        ("seats_freed", "seats", None),
        ("call_ended", "seats", None),
        ("user_data_read", None, user),
        ("user_data_read", None, user),
        ("erasure_requested", None, user),
    ]
    assert all(each["operator"].startswith("arn:aws:") for each in acts)


def test_a_restored_table_is_used_by_each_function_and_named_in_each_policy(
    rehearsed: Rehearsed,
) -> None:
    restored = "roomkey-prod-restored"
    policies, functions = (rehearsed.seen[f"restored {kind}"] for kind in ("policies", "functions"))
    assert len(policies) == len(functions) == len(ROLES)
    for policy in policies.values():
        tables = {
            re.split("[:/]", resource.partition("table/")[2])[0]
            for action, resource in rights_of(policy)
            if action.startswith("dynamodb:")
        }
        assert tables <= {restored}
    for each in functions.values():
        assert each["Environment"]["Variables"]["ROOMS_TABLE"] == restored


def test_operators_were_refused_nothing_that_their_policies_must_allow(
    rehearsed: Rehearsed,
) -> None:
    """The account judged each of their calls, and what CloudFormation does in their name."""
    assert rehearsed.operators.refused == []


@pytest.mark.parametrize(
    "name", ["deployer-policy", "deployer-policy-kms", "deployer-policy-vpc", "operator-policy"]
)
def test_each_action_and_each_resource_of_an_operators_policy_is_needed(
    rehearsed: Rehearsed, name: str
) -> None:
    given, rare = statements(name), NOT_IN_A_REHEARSAL.get(name, set())
    used = [each for policy, each in rehearsed.operators.used if policy == name]

    assert {each.action for each in given} - {each.action for each in used} == rare
    idle = {each.resource for each in given} - {each.resource for each in used}
    assert idle == {each.resource for each in given if each.action in rare} - {
        each.resource for each in used
    }


def test_a_bounded_function_does_nothing_beyond_its_boundary(rehearsed: Rehearsed) -> None:
    """The account judged each call of prod's functions by role and boundary."""
    bounded = rehearsed.operators.known.boundaries
    assert {bounded[f"roomkey-prod-{role}"] for role in ROLES.values()} == {BOUNDARY}


def test_a_stage_has_the_accounts_tags_boundary_key_and_network(rehearsed: Rehearsed) -> None:
    demanded, calls = rehearsed.seen["demanded"], rehearsed.acts["deploy dev"].calls
    tags = [{"Key": name, "Value": value} for name, value in TAGS.items()]
    own = [each for each in demanded["functions"] if COPIER not in str(each["Configuration"])]

    assert len(own) == len(ROLES) + 1  # the rotation, which prod has not
    keys = {each["Configuration"]["KMSKeyArn"] for each in own}
    assert len(keys) == 1
    assert [each["Configuration"]["Architectures"] for each in own] == [["arm64"]] * len(own)
    for each in demanded["functions"]:
        assert len(each["Configuration"]["VpcConfig"]["SubnetIds"]) == 2
        assert len(each["Configuration"]["VpcConfig"]["SecurityGroupIds"]) == 1
    for each in own:
        assert each["Tags"].items() >= TAGS.items()
    for role in demanded["roles"]:
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
        assert role.get("Tags") == tags or "Copier" in role["RoleName"]
    assert demanded["rules"] == [tags] * len(SCHEDULED)
    logs = {name: each for name, each in demanded["logs"].items() if COPIER not in name}
    assert list(logs.values()) == [TAGS] * len(own)
    encrypted = [each.parameters for each in calls if each.operation == "AssociateKmsKey"]
    assert {each["logGroupName"] for each in encrypted} == logs.keys()
    assert {each["kmsKeyId"] for each in encrypted} == keys
    tagged = [each for each in calls if each.action == "apigateway:TagResource"]
    assert [each.parameters["tags"] for each in tagged] == [TAGS] * 2
    services = ["dynamodb", "lambda", "logs", "monitoring", "s3", "secretsmanager"]
    assert demanded["endpoints"] == services


def test_functions_touch_nothing_but_their_own_stages(rehearsed: Rehearsed) -> None:
    for function, action, resource in rehearsed.used_by_functions:
        if action == "cloudwatch:GetMetricData":
            continue  # AWS lets nobody narrow it to resources.
        stage = function.split("-")[1]
        assert re.search(rf"roomkey[-/]{stage}[-/]", resource), (function, action, resource)


def test_all_that_requirements_name_is_in_the_zip(rehearsed: Rehearsed, tmp_path: Path) -> None:
    with ZipFile(rehearsed.package) as package:
        package.extractall(tmp_path)

    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    check_complete(tmp_path, PROJECT / "requirements.txt", "x86_64", python)


def test_a_release_has_the_zip_a_bill_of_all_that_is_in_it_and_their_hashes(
    rehearsed: Rehearsed, tmp_path: Path
) -> None:
    built = tmp_path / "built.zip"
    built.write_bytes(rehearsed.package.getvalue())
    section = Section("0.2.0", date(2026, 3, 1), "### Added\n\n- A room.")
    files = write_files(section, PROJECT, tmp_path / "release", lambda: built)

    assert [each.name for each in files] == ["roomkey-0.2.0.zip", "roomkey-0.2.0.cdx.json", HASHES]
    package, materials, hashes = files
    assert package.read_bytes() == built.read_bytes()
    summed = [(sha256_of(each), each.name) for each in (package, materials)]
    assert [tuple(line.split("  ")) for line in hashes.read_text().splitlines()] == summed
    text = materials.read_text()
    assert JsonStrictValidator(SchemaVersion.from_version(SPECIFICATION)).validate_str(text) is None
    document = json.loads(text)
    assert document["metadata"]["timestamp"] == "2026-03-01T00:00:00+00:00"
    released = document["metadata"]["component"]
    assert (released["name"], released["version"]) == ("roomkey", "0.2.0")
    assert released["hashes"] == [{"alg": "SHA-256", "content": sha256_of(package)}]
    listed = {(each["name"], each["version"]) for each in document["components"]}
    with ZipFile(package) as packed:
        found = {
            re.sub("[-_.]+", "-", each[1]).lower(): each[2]
            for name in packed.namelist()
            if (each := re.match(r"(.+)-([^-]+)\.dist-info/", name))
        }
    assert listed == {*found.items(), ("chalice", version("chalice"))}


def test_nothing_ships_that_must_not(rehearsed: Rehearsed) -> None:
    with ZipFile(rehearsed.package) as package:
        names = package.namelist()

    tops = {name.partition("/")[0] for name in names}
    pages = [name for name in names if "/call_page/static/" in name]
    others = [name for name in names if "dist-info" not in name and name not in pages]
    suffixes = {Path(name).suffix for name in others}
    services = {name.split("/")[2] for name in names if name.startswith("botocore/data/")}
    assert not tops & {"tests", "local", "deploy", "bench", "docs", "pip", "moto", "setuptools"}
    assert not [name for name in names if "/tests/" in name or "policy-" in name]
    assert {Path(name).suffix for name in pages} == {".css", ".html", ".js", ".svg"}
    # Each authority's file is named by a hash and a number.
    assert suffixes == {".py", ".pyc", ".so", ".json", ".gz", ".pem", ".0"}
    assert {each for each in services if "." not in each} == OPERATIONS.keys()


def test_each_module_has_valid_bytecode_of_its_kind(rehearsed: Rehearsed) -> None:
    with ZipFile(rehearsed.package) as package:
        names = [name for name in package.namelist() if name.endswith(".py")]
        for name in names:
            code = package.read(importlib.util.cache_from_source(name))
            checked = 0b11 if name.partition("/")[0] in OURS else 0b01
            assert code[:4] == importlib.util.MAGIC_NUMBER, name
            assert int.from_bytes(code[4:8], "little") == checked, name
            assert code[8:16] == importlib.util.source_hash(package.read(name)), name
            loaded = marshal.loads(code[16:])  # noqa: S302 - of our own making
            assert isinstance(loaded, CodeType)
            assert loaded.co_filename == f"/var/task/{name}"
        pyc = [name for name in package.namelist() if name.endswith(".pyc")]
    assert len(pyc) == len(names) > 500


def test_methods_and_patterns_are_in_the_zip_compiled(rehearsed: Rehearsed) -> None:
    with ZipFile(rehearsed.package) as package:
        methods = package.read("dataclass_methods.py").decode()
        patterns = package.read("regex_programs.py").decode()

    # Python 3.13 writes one text for each class, and those before it one for each method.
    assert methods.count("FUNCTIONS[") > 100
    assert patterns.count("'") > 200
    assert str(PROJECT) not in methods + patterns


def test_the_zip_is_small(rehearsed: Rehearsed) -> None:
    megabytes = len(rehearsed.package.getvalue()) / 1024 / 1024

    assert megabytes < 13, f"{megabytes:.1f} MB"


def test_a_deployment_makes_nothing_that_an_export_lacks(rehearsed: Rehearsed) -> None:
    acts = [rehearsed.acts[name] for name in ("interrupted deploy", "first deploy")]
    made = {
        f"{call.service}:{call.operation}"
        for act in acts
        for call in act.calls
        if not call.operation.startswith(READS)
    }
    assert made >= {"lambda:CreateFunction", "logs:PutSubscriptionFilter"}
    assert made <= PLACES.keys() | WITHOUT_PLACE.keys()


def test_destroying_wants_the_stacks_name_for_an_answer(rehearsed: Rehearsed) -> None:
    act = rehearsed.acts["refused destroy"]

    assert act.outcome.status != 0
    assert "Nothing was deleted" in act.outcome.output
    assert act.actions == ["sts:GetCallerIdentity"]


def test_destroying_prod_keeps_table_secret_and_recordings(rehearsed: Rehearsed) -> None:
    left = rehearsed.seen["after prod"]

    assert succeeded(rehearsed.acts["destroy prod"])
    assert left["tables"] == ["roomkey-prod-rooms"]
    assert "/roomkey/prod/audit" in left["logs"]
    assert left["secrets"] == ["roomkey/prod/opentok", "roomkey/prod/archive-storage"]
    assert left["buckets"] == [RECORDINGS]
    assert not any(left[kind] for kind in OF_A_SERVING_STAGE)


def test_uploads_end_when_they_are_switched_off_and_recordings_stay(rehearsed: Rehearsed) -> None:
    left = rehearsed.seen["after archive storage"]

    assert succeeded(rehearsed.acts["archive storage off"])
    assert "iam:DeleteAccessKey" in rehearsed.acts["archive storage off"].actions
    assert left["secrets"] == ["roomkey/prod/opentok"]
    assert left["buckets"] == [RECORDINGS]


def test_a_new_deployment_takes_up_what_a_destroyed_prod_has_kept(rehearsed: Rehearsed) -> None:
    act = rehearsed.acts["deploy prod again"]

    assert succeeded(act)
    assert "ImportRestApi" in act.operations("apigateway")
    assert "secretsmanager:PutSecretValue" not in act.actions
    assert url_in(act.outcome) != url_in(rehearsed.acts["second deploy"].outcome)


def test_half_a_deployment_can_be_destroyed(rehearsed: Rehearsed) -> None:
    actions = rehearsed.acts["half a deploy"].actions

    assert actions.count("events:PutTargets") == 2
    assert actions[-1] == "lambda:AddPermission"
    assert "apigateway:ImportRestApi" not in actions
    assert succeeded(rehearsed.acts["destroy half of prod"])
    left = rehearsed.seen["after half of prod"]
    assert left["buckets"] == [RECORDINGS]
    assert not any(left[kind] for kind in OF_A_SERVING_STAGE)


def test_a_stage_that_rotates_wants_the_account_first(rehearsed: Rehearsed) -> None:
    act = rehearsed.acts["dev without account"]

    assert act.outcome.status != 0
    assert "make account-secret STAGE=dev" in act.outcome.output
    assert "[3/5]" not in act.outcome.output
    assert succeeded(rehearsed.acts["dev account"])
    assert ACCOUNT_SECRET not in rehearsed.acts["dev account"].outcome.output


def test_a_rotation_is_set_up_and_tried_by_the_deployed_function(rehearsed: Rehearsed) -> None:
    act = rehearsed.acts["deploy dev"]

    assert succeeded(act)
    assert "rotated every 30 days" in act.outcome.output
    assert "secretsmanager:RotateSecret" in act.actions
    assert '"route":"testSecret","status":200' in rehearsed.seen["rotation"].replace(" ", "")


def test_the_deployed_function_rotates_and_needs_all_that_its_policy_allows(
    rehearsed: Rehearsed,
) -> None:
    replaced, stored = rehearsed.seen["rotated"]
    used = {each[1:] for each in rehearsed.used_by_functions if "rotate" in each[0]}

    assert stored == {"apiKey": API_KEY, "apiSecret": replaced}
    assert '"route":"finishSecret","status":200' in rehearsed.seen["rotation"].replace(" ", "")
    assert replaced not in rehearsed.seen["rotation"]
    for action, resource in rights_of(rehearsed.seen["rotation policy"]):
        asked = any(action == each and fnmatchcase(on, resource) for each, on in used)
        # moto has no encryption and no network.
        assert asked or action.startswith(("logs:", "kms:", "ec2:")), action


def test_destroying_dev_leaves_nothing_of_it(rehearsed: Rehearsed) -> None:
    left = rehearsed.seen["after dev"]

    assert succeeded(rehearsed.acts["deploy dev"])
    assert succeeded(rehearsed.acts["dev archive storage"])
    assert succeeded(rehearsed.acts["destroy dev"])
    assert "Remove the storage at OpenTok by hand" in rehearsed.acts["destroy dev"].outcome.output
    assert url_in(rehearsed.acts["deploy prod again"].outcome)[8:].startswith(left["apis"][0])
    assert len(left["apis"]) == 1
    kinds = (*OF_A_SERVING_STAGE, "buckets", "users")
    assert not [name for kind in kinds for name in left[kind] if "-dev" in name]
    assert left["tables"] == ["roomkey-prod-rooms", "roomkey-prod-restored"]
    assert left["secrets"] == ["roomkey/prod/opentok"]
    of_dev = ("/aws/lambda/roomkey-dev", "/roomkey/dev/")
    assert not [name for name in left["logs"] if name.startswith(of_dev)]
