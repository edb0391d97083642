"""A stage as a module of Terraform, made from its whole CloudFormation template."""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from deploy.aws.resources import EXPORTED
from deploy.export.api import DEPLOYMENT
from deploy.export.terms import Terms, label
from deploy.export.terraform_alarms import turned
from deploy.stage import Stage

PROVIDER: Final = "~> 5.100"
"""The versions of Terraform's provider for AWS whose schema the export was checked by."""
LEFT_OUT: Final = {"StateBucket", "StateBucketPolicy"}
"""The bucket with Chalice's record of a stage, which Terraform's own state replaces."""
_RETAINED: Final = {"Retain", "RetainExceptOnCreate"}
_HASHED: Final = re.compile(rf"({DEPLOYMENT})[0-9a-f]{{12}}")


@dataclass(frozen=True, slots=True)
class Module:
    """A module of Terraform.

    Args:
        content: The content of `main.tf.json`.
        files: The small packages beside it, by their names.
    """

    content: Mapping[str, Any]
    files: Mapping[str, bytes]


def module_of(template: Mapping[str, Any], stage: Stage) -> Module:
    """Return the module that makes what this template makes.

    Args:
        template: The whole template of the stage.
        stage: The stage.

    Raises:
        UnknownToExport: A part of the template cannot be said in Terraform's words yet.
    """
    template = json.loads(_HASHED.sub(r"\1", json.dumps(template)))
    terms = Terms(template)
    resources: dict[str, dict[str, Any]] = {}
    for name, resource in template["Resources"].items():
        holds = terms.holds(resource.get("Condition"))
        if name in LEFT_OUT or not holds:
            continue
        address = terms.address(name)
        given = terms.value(resource["Properties"])
        for kind, suffix, arguments in turned(resource["Type"], address, given):
            own = kind == address.partition(".")[0]
            extra = _extra(resource, terms, stage) if own else {}
            if isinstance(holds, str):
                extra["count"] = f"${{{holds} ? 1 : 0}}"
            resources.setdefault(kind, {})[f"{label(name)}{suffix}"] = {**arguments, **extra}
    return Module(
        {
            "//": f"Roomkey, stage {stage.name}, by make export. Make it anew instead of editing.",
            "terraform": {
                "required_version": ">= 1.3",
                "required_providers": {"aws": {"source": "hashicorp/aws", "version": PROVIDER}},
            },
            **({"provider": {"aws": provider}} if (provider := _provider(stage)) else {}),
            "data": {
                kind: {"current": {}}
                for kind in ("aws_caller_identity", "aws_partition", "aws_region")
            },
            "variable": {label(name): _variable(each) for name, each in terms.variables.items()},
            "resource": resources,
            "output": {
                label(name): {
                    "value": terms.value(each["Value"]),
                    "description": each["Description"],
                }
                for name, each in template["Outputs"].items()
                if name not in {EXPORTED, *LEFT_OUT} and terms.holds(each.get("Condition"))
            },
        },
        dict(_packages(template)),
    )


def _provider(stage: Stage) -> dict[str, Any]:
    """Return the settings of the provider: the region, and the tags of all resources."""
    tags = dict(stage.account_settings.tags)
    return {
        **({"region": stage.region} if stage.region else {}),
        **({"default_tags": {"tags": tags}} if tags else {}),
    }


def _extra(resource: Mapping[str, Any], terms: Terms, stage: Stage) -> dict[str, Any]:
    """Return what CloudFormation says beside a resource's properties."""
    extra: dict[str, Any] = {}
    if "DependsOn" in resource:
        extra["depends_on"] = [terms.address(each) for each in resource["DependsOn"]]
    if resource.get("DeletionPolicy") in _RETAINED and stage.keeps_data:
        extra["lifecycle"] = {"prevent_destroy": True}
    elif resource["Type"] == "AWS::SecretsManager::Secret":
        # During a recovery window, no stage of this name could be made.
        extra["recovery_window_in_days"] = 0
    return extra


def _variable(parameter: Mapping[str, Any]) -> dict[str, Any]:
    variable = {"type": "string", "description": parameter["Description"]}
    if "Default" in parameter:
        variable["default"] = parameter["Default"]
    if parameter.get("NoEcho"):
        variable["sensitive"] = True
    return variable


def _packages(template: Mapping[str, Any]) -> "dict[str, bytes]":
    """Return a package for each function whose code stands in the template."""
    packages = {}
    for name, resource in template["Resources"].items():
        code = resource["Properties"].get("Code")
        if resource["Type"] == "AWS::Lambda::Function" and isinstance(code, dict):
            packages[f"{label(name)}.zip"] = _zipped("index.py", code["ZipFile"])
    return packages


def _zipped(file: str, text: str) -> bytes:
    """Return a zip, always the same for the same text."""
    content = io.BytesIO()
    with ZipFile(content, "w") as package:
        package.writestr(ZipInfo(file), text, compress_type=ZIP_DEFLATED)
    return content.getvalue()
