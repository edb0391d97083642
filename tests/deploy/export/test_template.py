"""The export has all that `make deploy` makes, resource by resource."""

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

import pytest

from deploy.aws.audit import copy_audit_lines
from deploy.aws.gateway import limit_requests, set_gateway_responses
from deploy.aws.resources import TEMPLATE, stack_parameters
from deploy.aws.schedules import limit_runs
from deploy.export.template import whole_template
from deploy.rotation import RotationSchedule
from deploy.stage import Stage
from tests.deploy.export.chalices_calls import Call, calls_for
from tests.deploy.export.exported import (
    SECRET,
    development,
    of_type,
    stage_with,
    template_of_production,
)
from tests.deploy.export.made_by_calls import PLACES

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient

STACK: dict[str, Any] = json.loads(TEMPLATE.read_text())
NOTHING_TO_EXPORT = {"delete_function_concurrency", "update_rest_api"}
"""Chalice's calls that only set what a new function or API has anyway."""


class Recorder:
    """A client of AWS that only takes notes."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> dict[str, Any]:
            self.calls.append(Call(name, parameters))
            return {}

        return call

    def named(self, name: str) -> list[dict[str, Any]]:
        return [each.parameters for each in self.calls if each.name == name]


def exported(kind: str) -> list[dict[str, Any]]:
    return list(of_type(template_of_production(), kind).values())


def made_by_calls(kind: str) -> list[dict[str, Any]]:
    """Return the properties of all resources of a type that are not in the stack."""
    found = of_type(template_of_production(), kind)
    return [each for name, each in found.items() if name not in STACK["Resources"]]


@pytest.fixture(scope="module")
def chalices() -> list[Call]:
    return calls_for(stage_with())


@pytest.mark.parametrize("stage", [stage_with(), development()], ids=lambda stage: stage.name)
def test_the_stages_of_these_tests_can_be_exported(stage: Stage) -> None:
    assert stage.faults() == []


def test_each_resource_of_the_stack_is_exported_as_it_is() -> None:
    template = template_of_production()

    assert STACK["Resources"].items() <= template["Resources"].items()
    assert STACK["Conditions"].items() <= template["Conditions"].items()
    assert STACK["Outputs"].items() <= template["Outputs"].items()


def test_what_is_exported_beside_the_stack_is_what_is_made_by_calls() -> None:
    template, stage = template_of_production(), stage_with()
    rest = template["Resources"].keys() - STACK["Resources"].keys()

    functions, scheduled, limited = len(stage.functions), len(stage.scheduled), len(stage.at_once)
    assert Counter(template["Resources"][name]["Type"] for name in rest) == {
        "AWS::ApiGateway::Deployment": 1,
        "AWS::ApiGateway::RestApi": 1,
        "AWS::ApiGateway::Stage": 1,
        "AWS::Events::Rule": scheduled,
        "AWS::IAM::Role": functions,
        "AWS::Lambda::EventInvokeConfig": limited,
        "AWS::Lambda::Function": functions,
        "AWS::Lambda::Permission": scheduled + 2,
        "AWS::Logs::LogGroup": functions,
        "AWS::Logs::SubscriptionFilter": functions,
        "AWS::SecretsManager::RotationSchedule": 1,
    }


def test_the_stacks_parameters_have_the_stages_settings() -> None:
    stage = stage_with()
    parameters = template_of_production()["Parameters"]

    wanted = stack_parameters(stage, "roomkey-prod-archives-1", serving=True)
    assert wanted.keys() == STACK["Parameters"].keys()
    assert {name: parameters[name]["Default"] for name in wanted} == wanted


def test_chalice_makes_nothing_that_no_test_here_compares(chalices: list[Call]) -> None:
    assert {each.name for each in chalices} - NOTHING_TO_EXPORT == {
        "add_permission_for_apigateway",
        "add_permission_for_cloudwatch_event",
        "connect_rule_to_lambda",
        "create_function",
        "create_role",
        "deploy_rest_api",
        "get_or_create_rule_arn",
        "import_rest_api",
    }


def test_each_role_is_the_one_that_chalice_makes_with_its_policy(chalices: list[Call]) -> None:
    roles = {each["RoleName"]: each for each in made_by_calls("AWS::IAM::Role")}
    made = [each.parameters for each in chalices if each.name == "create_role"]

    demanded = stage_with().account_settings.statements
    assert {each["name"]: with_statements(each["policy"], demanded) for each in made} == {
        name: policy["PolicyDocument"]
        for name, role in roles.items()
        for policy in role["Policies"]
    }
    (trust,) = STACK["Resources"]["AuditCopierRole"]["Properties"]["AssumeRolePolicyDocument"][
        "Statement"
    ]
    for role in roles.values():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust.items() <= statement.items()


def with_statements(policy: dict[str, Any], more: list[dict[str, Any]]) -> dict[str, Any]:
    return {**policy, "Statement": policy["Statement"] + more}


def test_what_the_account_demands_is_exported_too() -> None:
    assert {str(each.get("PermissionsBoundary")) for each in made_by_calls("AWS::IAM::Role")} == {
        "{'Ref': 'PermissionsBoundary'}"
    }
    for kind, name in (("AWS::Lambda::Function", "KmsKeyArn"), ("AWS::Logs::LogGroup", "KmsKeyId")):
        assert {str(each.get(name)) for each in made_by_calls(kind)} == {"{'Ref': 'KmsKey'}"}


def test_each_function_is_the_one_that_chalice_makes(chalices: list[Call]) -> None:
    template = template_of_production()
    functions = {each["FunctionName"]: each for each in made_by_calls("AWS::Lambda::Function")}
    made = [dict(each.parameters) for each in chalices if each.name == "create_function"]

    assert len(made) == len(stage_with().functions)
    for each in made:
        function = functions[each.pop("function_name")]
        (role, _) = function["Role"]["Fn::GetAtt"]
        assert function["Code"] == "./deployment.zip"
        assert not each.pop("zip_contents")
        assert template["Resources"][role]["Properties"]["RoleName"] in str(each.pop("role_arn"))
        settings = each.pop("environment_variables")
        assert settings["CALLBACK_PATH_SECRET"] == SECRET
        referred = {"CALLBACK_PATH_SECRET": {"Ref": "CallbackPathSecret"}}
        assert function["Environment"]["Variables"] == settings | referred
        assert each.pop("runtime").startswith(
            "python"
        )  # The running one, which make deploy replaces.
        assert function["Runtime"] == f"python{stage_with().python}"
        assert each.pop("handler") == function["Handler"]
        assert each.pop("timeout") == function["Timeout"]
        assert each.pop("memory_size") == function["MemorySize"]
        assert each.pop("architecture") == function["Architectures"][0]
        tags = {tag["Key"]: tag["Value"] for tag in function.get("Tags", ())}
        assert each.pop("tags").keys() - {"aws-chalice"} == tags.keys()
        network = function.get("VpcConfig", {"SubnetIds": [], "SecurityGroupIds": []})
        assert each.pop("subnet_ids") == network["SubnetIds"]
        assert each.pop("security_group_ids") == network["SecurityGroupIds"]
        assert not each.pop("layers")
        assert not each.pop("xray")
        assert not each, "Chalice gives a function more than the export does"


def test_each_schedule_starts_its_function_which_lets_it(chalices: list[Call]) -> None:
    rules = of_type(template_of_production(), "AWS::Events::Rule")
    made = {
        each.parameters["rule_name"]: each.parameters
        for each in chalices
        if each.name == "get_or_create_rule_arn"
    }
    assert {each["Name"]: each["ScheduleExpression"] for each in rules.values()} == {
        name: each["schedule_expression"] for name, each in made.items()
    }
    permissions = exported("AWS::Lambda::Permission")
    for name, rule in rules.items():
        (target,) = rule["Targets"]
        function, _ = target["Arn"]["Fn::GetAtt"]
        named = template_of_production()["Resources"][function]["Properties"]["FunctionName"]
        assert rule["Name"] == f"{named}-event"
        wanted = {
            "FunctionName": {"Ref": function},
            "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com",
            "SourceArn": {"Fn::GetAtt": [name, "Arn"]},
        }
        assert wanted in permissions


def test_the_api_has_the_routes_that_chalice_gives_it(chalices: list[Call]) -> None:
    (api,) = exported("AWS::ApiGateway::RestApi")
    (made,) = (each.parameters for each in chalices if each.name == "import_rest_api")
    body, document = dict(api["Body"]), dict(made["swagger_document"])
    del body["x-amazon-apigateway-gateway-responses"]

    assert api["EndpointConfiguration"] == {"Types": [made["endpoint_type"]]}
    assert api["Name"] == document["info"]["title"]
    assert without_uris(body) == without_uris(document)
    (stage,) = exported("AWS::ApiGateway::Stage")
    (deployed,) = (each.parameters for each in chalices if each.name == "deploy_rest_api")
    assert stage["StageName"] == deployed["api_gateway_stage"]


def without_uris(document: Any) -> Any:
    """Return a document without the functions' addresses, which each form says in its own way."""
    if isinstance(document, dict):
        return {
            key: "the API's function" if key == "uri" else without_uris(value)
            for key, value in document.items()
        }
    return document


def test_each_route_of_the_api_calls_the_apis_function() -> None:
    template = template_of_production()
    (api,) = exported("AWS::ApiGateway::RestApi")
    uris = {
        method["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"].rpartition("functions/")[2]
        for methods in api["Body"]["paths"].values()
        for verb, method in methods.items()
        if verb != "options"
    }
    assert uris == {"${APIHandler.Arn}/invocations"}
    assert template["Resources"]["APIHandler"]["Properties"]["FunctionName"] == "roomkey-prod"


def test_api_gateways_own_answers_and_throttles_are_those_of_make_deploy() -> None:
    gateway = Recorder()
    set_gateway_responses("api1", stage_with(), cast("APIGatewayClient", gateway))
    limit_requests("api1", stage_with(), cast("APIGatewayClient", gateway))

    (api,) = exported("AWS::ApiGateway::RestApi")
    (stage,) = exported("AWS::ApiGateway::Stage")
    put = gateway.named("put_gateway_response")
    assert api["Body"]["x-amazon-apigateway-gateway-responses"] == {
        each["responseType"]: {
            key: value for key, value in each.items() if key not in {"restApiId", "responseType"}
        }
        for each in put
    }
    (update,) = gateway.named("update_stage")
    limits = {
        f"{each['ResourcePath']}/{each['HttpMethod']}/throttling/{name}": str(each[setting])
        for each in stage["MethodSettings"]
        for name, setting in (
            ("rateLimit", "ThrottlingRateLimit"),
            ("burstLimit", "ThrottlingBurstLimit"),
        )
    }
    assert limits == {each["path"]: each["value"] for each in update["patchOperations"]}


def test_runs_are_limited_as_make_deploy_limits_them() -> None:
    template, lambdas = template_of_production(), Recorder()
    for function, at_once in stage_with().at_once.items():
        limit_runs(function, at_once, cast("LambdaClient", lambdas))

    starts = {
        template["Resources"][each["FunctionName"]["Ref"]]["Properties"]["FunctionName"]: each
        for each in exported("AWS::Lambda::EventInvokeConfig")
    }
    configured = [dict(each) for each in lambdas.named("put_function_event_invoke_config")]
    assert {each["FunctionName"] for each in configured} == starts.keys()
    for each in configured:
        start = starts[each.pop("FunctionName")]
        assert each.items() <= start.items()
    reserved = {
        each["FunctionName"]: each["ReservedConcurrentExecutions"]["Fn::If"][:2]
        for each in made_by_calls("AWS::Lambda::Function")
        if "ReservedConcurrentExecutions" in each
    }
    assert reserved == {
        each["FunctionName"]: ["ReserveConcurrency", each["ReservedConcurrentExecutions"]]
        for each in lambdas.named("put_function_concurrency")
    }


class Deployed(Recorder):
    """AWS with the function that rotates."""

    def get_function(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
        return {"Configuration": {"FunctionArn": f"arn of {FunctionName}"}}


def test_credentials_are_rotated_as_make_deploy_rotates_them_once_they_are_there() -> None:
    template, aws = template_of_production(), Deployed()
    RotationSchedule(stage_with(), "1", cast("Any", aws), cast("Any", aws)).apply()

    (made,) = aws.named("rotate_secret")
    (schedule,) = exported("AWS::SecretsManager::RotationSchedule")
    assert schedule["RotationRules"] == made["RotationRules"]
    assert schedule["RotateImmediatelyOnUpdate"] == made["RotateImmediately"]
    assert schedule["RotationLambdaARN"] == {"Fn::GetAtt": ["RotateCredentials", "Arn"]}
    (permitted,) = aws.named("add_permission")
    permission = template["Resources"]["RotateCredentialsPermission"]["Properties"]
    assert permission["Principal"] == permitted["Principal"]
    assert permission["Action"] == permitted["Action"]
    assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert template["Resources"]["RotationSchedule"]["Condition"] == "Rotate"
    assert template["Parameters"]["Rotate"]["Default"] == "no"
    assert "Rotate" not in whole_template(development())["Parameters"]


def test_each_functions_log_is_kept_as_long_and_its_audit_lines_are_copied() -> None:
    template, stage, logs = template_of_production(), stage_with(), Recorder()
    copy_audit_lines(stage.functions.values(), "the copier", cast("CloudWatchLogsClient", logs))

    groups = of_type(template, "AWS::Logs::LogGroup")
    own = {
        each["LogGroupName"]: each["RetentionInDays"]
        for name, each in groups.items()
        if name not in STACK["Resources"]
    }
    assert own == {f"/aws/lambda/{each}": 90 for each in stage.functions.values()}
    filters = {
        groups[each["LogGroupName"]["Ref"]]["LogGroupName"]: (
            each["FilterName"],
            each["FilterPattern"],
        )
        for each in exported("AWS::Logs::SubscriptionFilter")
    }
    assert filters == {
        each["logGroupName"]: (each["filterName"], each["filterPattern"])
        for each in logs.named("put_subscription_filter")
    }


@pytest.mark.parametrize("action", sorted(PLACES))
def test_each_kind_of_call_has_its_place_in_the_template(action: str) -> None:
    kind, setting = PLACES[action]

    assert any(setting in each for each in exported(kind))


def test_no_file_of_an_export_has_a_secret_setting() -> None:
    template = template_of_production()

    assert SECRET not in json.dumps(template)
    assert template["Parameters"]["CallbackPathSecret"]["NoEcho"] is True


def test_the_logs_of_production_outlive_the_stack_and_those_of_development_do_not() -> None:
    assert template_of_production()["Resources"]["APIHandlerLog"]["DeletionPolicy"] == (
        "RetainExceptOnCreate"
    )
    assert "DeletionPolicy" not in whole_template(development())["Resources"]["APIHandlerLog"]


def test_another_api_is_another_deployment() -> None:
    names = {
        name
        for stage in (stage_with(), stage_with(CORS_ORIGIN="https://other.roomkey.test"))
        for name in of_type(whole_template(stage), "AWS::ApiGateway::Deployment")
    }
    assert len(names) == 2


def test_the_template_is_no_larger_than_cloudformation_takes() -> None:
    assert len(json.dumps(template_of_production(), indent=1)) < 1_000_000
