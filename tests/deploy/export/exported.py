"""A stage with everything switched on, for the tests of its exports."""

from functools import cache
from typing import Any

from deploy.account_settings import ACCOUNT_SETTINGS
from deploy.export.template import whole_template
from deploy.stage import Stage, read_stage

SECRET = "a-path-that-nobody-guesses-0123456789"
SETTINGS = {
    "AUTH_ISSUER": "https://login.roomkey.test/",
    "AUTH_AUDIENCE": "calls",
    "AUTH_ADMIN_CLAIM": "groups",
    "AUTH_ADMIN_VALUE": "${admins}",
    "ARCHIVE_BUCKET": "roomkey-prod-archives-1",
    "CALL_PAGE": "on",
    "LAMBDA_ARCHITECTURE": "arm64",
    "LAMBDA_PYTHON": "3.12",
    "KMS_KEY": "arn:aws:kms:eu-central-1:123456789012:key/1",
    "PERMISSIONS_BOUNDARY": "arn:aws:iam::123456789012:policy/roomkey-boundary",
    "TAGS": "team=video,cost-center=42",
    "VPC_ID": "vpc-0a1b2c3d",
    "VPC_ROUTE_TABLES": "rtb-0a1b2c3d,rtb-0b1b2c3d",
    "VPC_SECURITY_GROUP": "sg-0a1b2c3d",
    "VPC_SUBNETS": "subnet-0a1b2c3d,subnet-0b1b2c3d",
    "CALLBACK_PATH_SECRET": SECRET,
    "CORS_ORIGIN": "https://app.roomkey.test",
    "MONTHLY_BUDGET_USD": "900",
    "ROTATION_DAYS": "30",
    "STAGE_KIND": "production",
    "STAGE_REGION": "eu-central-1",
}


def stage_with(name: str = "prod", **settings: str) -> Stage:
    stage = read_stage(name)
    own = stage.config["stages"][name]["environment_variables"]
    return stage.with_settings({**own, **SETTINGS, **settings})


def development() -> Stage:
    """The least of a stage: nothing but what it must have."""
    return stage_with(
        "dev",
        STAGE_KIND="development",
        STAGE_REGION="",
        ARCHIVE_BUCKET="",
        CALL_PAGE="off",
        ROTATION_DAYS="0",
        **dict.fromkeys(ACCOUNT_SETTINGS, ""),
        MONTHLY_BUDGET_USD="0",
    )


@cache
def template_of_production() -> dict[str, Any]:
    """The template of the stage with everything, which no test changes."""
    return whole_template(stage_with())


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of all resources of a type, by their logical names."""
    return {
        name: each["Properties"]
        for name, each in template["Resources"].items()
        if each["Type"] == kind
    }
