"""The module of Terraform makes what the template makes, in words that the provider knows."""

import copy
import io
import json
from functools import cache
from typing import Any
from zipfile import ZipFile

import pytest

from deploy.export.template import whole_template
from deploy.export.terms import UnknownToExport, label
from deploy.export.terraform import LEFT_OUT, Module, module_of
from deploy.stage import Stage
from tests.deploy.export.exported import (
    SECRET,
    SETTINGS,
    development,
    stage_with,
    template_of_production,
)
from tests.deploy.export.provider_schema import faults
from tests.deploy.export.terraform_kinds import AMOUNT_TO

STATES = [stage_with(), development()]


@cache
def of_production() -> Module:
    return module_of(template_of_production(), stage_with())


def resources(kind: str) -> Any:
    return of_production().content["resource"][kind]


def changed(logical_name: str, **properties: Any) -> dict[str, Any]:
    """Return the template with other properties of one resource."""
    template = copy.deepcopy(template_of_production())
    template["Resources"][logical_name]["Properties"] |= properties
    return template


@pytest.mark.parametrize("stage", STATES, ids=lambda stage: stage.name)
def test_the_providers_schema_takes_each_argument_and_each_reference(stage: Stage) -> None:
    assert list(faults(module_of(whole_template(stage), stage).content)) == []


def test_the_schema_finds_what_the_provider_would_refuse() -> None:
    wrong: dict[str, Any] = copy.deepcopy(dict(of_production().content))
    alarm = wrong["resource"]["aws_cloudwatch_metric_alarm"]["function_errors"]
    alarm["colour"] = "red"
    alarm["period"] = "often"
    alarm["arn"] = "mine"
    del alarm["alarm_name"]
    wrong["resource"]["aws_dynamodb_table"]["rooms_table"]["ttl"] = [{}, {}]
    wrong["resource"]["aws_sns_topic"]["alarm_topic"]["name"] = "${aws_sns_topic.none.arn}"
    wrong["resource"]["aws_lambda_function"]["api_handler"]["depends_on"] = ["aws_sns_topic.none"]
    wrong["resource"]["aws_moon"] = {"full": {}}

    assert len(list(faults(wrong))) == 8


def test_each_resource_of_the_template_is_there_with_all_that_it_amounts_to() -> None:
    made = of_production().content["resource"]
    for name, resource in template_of_production()["Resources"].items():
        own = label(name) if "ApiDeployment" not in name else "api_deployment"
        for kind in AMOUNT_TO[resource["Type"]]:
            assert (own in made.get(kind, {})) == (name not in LEFT_OUT), f"{kind}.{own}"


def test_without_recordings_and_budget_there_is_nothing_for_them() -> None:
    made = module_of(whole_template(development()), development()).content["resource"]

    assert not made.keys() & {"aws_s3_bucket", "aws_iam_user", "aws_budgets_budget"}


@pytest.mark.parametrize("name", sorted({"RoomsTable", "OpenTokSecret", "MinutesPerDay"}))
def test_a_new_property_cannot_be_forgotten(name: str) -> None:
    with pytest.raises(UnknownToExport, match="Novelty"):
        module_of(changed(name, Novelty=1), stage_with())


def test_a_new_type_cannot_be_forgotten() -> None:
    template = copy.deepcopy(template_of_production())
    template["Resources"]["Key"] = {"Type": "AWS::KMS::Key", "Properties": {}}

    with pytest.raises(UnknownToExport, match="AWS::KMS::Key"):
        module_of(template, stage_with())


def test_the_table_has_its_keys_its_indexes_and_its_protection() -> None:
    table = resources("aws_dynamodb_table")["rooms_table"]

    assert (table["hash_key"], table["range_key"]) == ("pk", "sk")
    indexes = table["local_secondary_index"] + table["global_secondary_index"]
    assert [each["name"] for each in indexes] == [
        each["IndexName"]
        for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes")
        for each in template_of_production()["Resources"]["RoomsTable"]["Properties"][kind]
    ]
    assert table["ttl"] == {"attribute_name": "expiresAt", "enabled": True}
    assert table["point_in_time_recovery"] == {"enabled": True}
    assert table["server_side_encryption"] == {
        "enabled": True,
        "kms_key_arn": SETTINGS["KMS_KEY"],
    }
    assert table["deletion_protection_enabled"] is True
    assert table["lifecycle"] == {"prevent_destroy": True}


def test_an_alarm_looks_at_what_it_looks_at_in_the_stack() -> None:
    alarm = resources("aws_cloudwatch_metric_alarm")["function_errors"]
    expression, *watched = alarm["metric_query"]

    assert expression["return_data"] is True
    assert {each["return_data"] for each in watched} == {False}
    assert watched[0]["metric"] == {
        "namespace": "AWS/Lambda",
        "metric_name": "Errors",
        "dimensions": {"FunctionName": "roomkey-prod"},
        "period": 300,
        "stat": "Sum",
    }
    assert alarm["alarm_actions"] == ["${aws_sns_topic.alarm_topic.arn}"]
    limit = resources("aws_cloudwatch_metric_alarm")["minutes_per_day"]["threshold"]
    assert limit == 100_000


def test_a_policy_names_the_resources_that_terraform_makes() -> None:
    (policy,) = (
        json.loads(each["policy"])
        for name, each in resources("aws_iam_role_policy").items()
        if name == "audit_copier_role"
    )
    # CloudFormation's ARN of a log group ends with this, and Terraform's does not.
    assert policy["Statement"][0]["Resource"] == "${aws_cloudwatch_log_group.audit_log.arn}:*"


def test_the_code_that_stands_in_the_template_is_a_package_of_its_own() -> None:
    code = template_of_production()["Resources"]["AuditCopier"]["Properties"]["Code"]["ZipFile"]

    with ZipFile(io.BytesIO(of_production().files["audit_copier.zip"])) as package:
        assert package.read("index.py").decode() == code
    assert resources("aws_lambda_function")["audit_copier"]["filename"] == (
        "${path.module}/audit_copier.zip"
    )


def test_text_that_looks_like_an_expression_of_terraform_is_text() -> None:
    variables = resources("aws_lambda_function")["api_handler"]["environment"]["variables"]

    assert SETTINGS["AUTH_ADMIN_VALUE"] == "${admins}"
    assert variables["AUTH_ADMIN_VALUE"] == "$${admins}"
    assert variables["CALLBACK_PATH_SECRET"] == "${var.callback_path_secret}"
    assert SECRET not in json.dumps(of_production().content)
    assert of_production().content["variable"]["callback_path_secret"]["sensitive"] is True


def test_the_api_is_deployed_anew_when_it_changes() -> None:
    (deployment,) = resources("aws_api_gateway_deployment").values()

    assert deployment["triggers"] == {
        "redeployment": "${sha1(aws_api_gateway_rest_api.rest_api.body)}"
    }
    settings = resources("aws_api_gateway_method_settings").values()
    assert {each["method_path"] for each in settings} == {"*/*", "invitations/tokens/POST"}


def test_concurrency_is_reserved_unless_the_operator_says_no() -> None:
    functions = resources("aws_lambda_function")

    assert functions["check_sessions"]["reserved_concurrent_executions"] == (
        '${var.reserve_concurrency == "yes" ? 32 : null}'
    )
    assert "reserved_concurrent_executions" not in functions["api_handler"]


def test_all_that_is_made_has_the_accounts_tags_key_boundary_and_network() -> None:
    assert of_production().content["provider"]["aws"] == {
        "region": "eu-central-1",
        "default_tags": {"tags": {"team": "video", "cost-center": "42"}},
    }
    boundary = SETTINGS["PERMISSIONS_BOUNDARY"]
    for kind in ("aws_iam_role", "aws_iam_user"):
        assert {each["permissions_boundary"] for each in resources(kind).values()} == {boundary}
    for kind, name in (
        ("aws_cloudwatch_log_group", "kms_key_id"),
        ("aws_lambda_function", "kms_key_arn"),
        ("aws_secretsmanager_secret", "kms_key_id"),
    ):
        assert {each[name] for each in resources(kind).values()} == {SETTINGS["KMS_KEY"]}
    networks = [each["vpc_config"] for each in resources("aws_lambda_function").values()]
    network = {
        "subnet_ids": SETTINGS["VPC_SUBNETS"].split(","),
        "security_group_ids": [SETTINGS["VPC_SECURITY_GROUP"]],
    }
    assert networks == [network] * len(networks)
    (rule,) = resources("aws_vpc_security_group_ingress_rule").values()
    assert rule["referenced_security_group_id"] == SETTINGS["VPC_SECURITY_GROUP"]


def test_the_rotation_is_made_once_the_operator_says_yes() -> None:
    (rotation,) = resources("aws_secretsmanager_secret_rotation").values()

    assert rotation["count"] == '${var.rotate == "yes" ? 1 : 0}'
    assert rotation["rotation_rules"] == {"automatically_after_days": 30}
    assert of_production().content["variable"]["rotate"]["default"] == "no"


def test_a_development_stage_can_be_made_again_under_its_name() -> None:
    made = module_of(whole_template(development()), development()).content["resource"]

    assert made["aws_secretsmanager_secret"]["open_tok_secret"]["recovery_window_in_days"] == 0
    assert "lifecycle" not in made["aws_dynamodb_table"]["rooms_table"]
