"""The CloudFormation template of a whole stage: all that `make deploy` makes, in one file."""

import json
from typing import Any

from deploy.aws.resources import EXPORTED, TEMPLATE, stack_parameters
from deploy.export import api, functions, rotation
from deploy.export.plan import plan_of
from deploy.settings.names import SECRET_SETTINGS
from deploy.stage import Stage


def whole_template(stage: Stage) -> dict[str, Any]:
    """Return the template of a stage: the one of `make deploy`, with the functions and the API.

    Its parameters have the stage's settings as their defaults.
    """
    template: dict[str, Any] = json.loads(TEMPLATE.read_text(encoding="utf-8"))
    plan = plan_of(stage)
    template["Description"] = f"Roomkey, stage {stage.name}, by make export."
    # Tools upload the package, and put its place into a copy of this template.
    template["Metadata"] = {"cfn-lint": {"config": {"ignore_checks": ["W3002"]}}}
    given = stack_parameters(stage, stage.archive_bucket or "", serving=True)
    for name, value in given.items():
        if value:
            template["Parameters"][name]["Default"] = value
    template["Parameters"] |= _parameters(stage)
    template["Conditions"][functions.RESERVE] = {
        "Fn::Equals": [{"Ref": functions.RESERVE}, "yes"],
    }
    template["Conditions"] |= rotation.conditions_of(stage)
    for name, resource in (
        *(pair for each in plan.functions for pair in functions.resources_of(each, stage)),
        *api.resources_of(plan, stage),
        *rotation.resources_of(stage),
    ):
        if name in template["Resources"]:
            raise ValueError(f"{name} is in resources.json, too")
        template["Resources"][name] = {"Condition": "Serving", **resource}
    template["Outputs"] |= {
        "Url": {
            "Condition": "Serving",
            "Value": {
                "Fn::Sub": f"https://${{{api.API}}}.execute-api.${{AWS::Region}}."
                f"${{AWS::URLSuffix}}/{stage.gateway_stage}/"
            },
            "Description": "The service's address, for apps and for make callbacks.",
        },
        EXPORTED: {"Value": "yes", "Description": "make deploy leaves this stack alone."},
    }
    return template


def _parameters(stage: Stage) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        functions.RESERVE: {
            "Type": "String",
            "AllowedValues": ["yes", "no"],
            "Default": "yes",
            "Description": "no is for new accounts, whose concurrency is too little to reserve.",
        }
    }
    parameters |= rotation.parameters_of(stage)
    for setting in sorted(SECRET_SETTINGS & stage.environment.keys()):
        parameters[functions.secret_parameter(setting)] = {
            "Type": "String",
            "NoEcho": True,
            "Description": f"The setting {setting}, which no file of the export has.",
        }
    return parameters
