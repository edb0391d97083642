"""The recipes beside the stack: templates for what an operator may add by hand."""

import json
from typing import Any

import pytest
import yaml

from deploy.stage import PROJECT, read_stage

RECIPES = sorted((PROJECT / "deploy" / "recipes").glob("*.json"))
PAGE = (PROJECT / "docs" / "rights.md").read_text()


def recipe(name: str) -> Any:
    path = PROJECT / "deploy" / "recipes" / f"{name}.json"
    return json.loads(path.read_text())["Resources"]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_each_recipe_is_told_with_the_command_that_applies_it(path: Any) -> None:
    assert f"--template-file deploy/recipes/{path.name}" in PAGE
    for name, parameter in json.loads(path.read_text()).get("Parameters", {}).items():
        assert "Default" in parameter or f"{name}=" in PAGE, name


def test_only_one_environment_of_one_repository_takes_the_role_of_the_deployer() -> None:
    deployer = recipe("github-actions")["Deployer"]["Properties"]
    (statement,) = deployer["AssumeRolePolicyDocument"]["Statement"]
    conditions = statement["Condition"]["StringEquals"]

    assert set(statement["Condition"]) == {"StringEquals"}
    issuer = "token.actions.githubusercontent.com"
    assert conditions[f"{issuer}:aud"] == "sts.amazonaws.com"
    subject = conditions[f"{issuer}:sub"]["Fn::Sub"]
    assert subject == "repo:${Repository}:environment:${Environment}"
    # The deployer's policy reaches roles whose names begin with `roomkey-`.
    assert not deployer["RoleName"].startswith("roomkey-")


def test_the_workflow_of_the_page_has_no_stored_key_and_deploys() -> None:
    workflow = yaml.safe_load(PAGE.partition("```yaml\n")[2].partition("```")[0])
    job = workflow["jobs"]["deploy"]

    assert "AWS_SECRET" not in json.dumps(job)
    assert "secrets." not in json.dumps(job)
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert job["environment"] == "production"
    assert [step["run"] for step in job["steps"] if "run" in step] == ["make deploy STAGE=prod"]
    settings = {name for step in job["steps"] for name in step.get("env", {})}
    assert {"ROOMKEY_AUTH_ISSUER", "ROOMKEY_PERMISSIONS_BOUNDARY"} <= settings


def test_the_firewall_never_counts_opentoks_callbacks() -> None:
    (limit,) = (
        each["Statement"]["RateBasedStatement"]
        for each in recipe("waf")["Rules"]["Properties"]["Rules"]
        if "RateBasedStatement" in each["Statement"]
    )
    spared = limit["ScopeDownStatement"]["NotStatement"]["Statement"]["ByteMatchStatement"]
    assert spared["SearchString"] == "/callbacks/"


@pytest.mark.parametrize("name", ["domain", "waf"])
def test_recipes_lead_to_the_stage_that_api_gateway_has(name: str) -> None:
    assert read_stage("prod").gateway_stage == "api"
    found = json.dumps(recipe(name))
    assert '"Stage": "api"' in found or "/stages/api" in found


def test_the_key_serves_the_logs_and_alarms_of_roomkey() -> None:
    statements = recipe("key")["Key"]["Properties"]["KeyPolicy"]["Statement"]
    logs = next(each for each in statements if each["Sid"] == "Logs")
    groups = logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert [each["Fn::Sub"].rpartition("log-group:")[2] for each in groups] == [
        "/aws/lambda/roomkey-*",
        "/roomkey/*",
    ]
    alarms = next(each for each in statements if each["Sid"] == "Alarms")
    assert "cloudwatch.amazonaws.com" in alarms["Principal"]["Service"]
