"""The demands of an account on all that a stage has in it: boundary, tags, key and network."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.errors import DeployError

ACCOUNT_SETTINGS: Final = (
    "PERMISSIONS_BOUNDARY",
    "TAGS",
    "KMS_KEY",
    "VPC_SUBNETS",
    "VPC_SECURITY_GROUP",
    "VPC_ID",
    "VPC_ROUTE_TABLES",
)
"""The settings that this module reads. The functions do not get them."""
_PATTERNS: Final = {
    "PERMISSIONS_BOUNDARY": (r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/\S+", "a policy's ARN"),
    "KMS_KEY": (r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+", "a key's ARN, and no alias"),
    "VPC_SUBNETS": (
        r"subnet-[0-9a-f]+(,subnet-[0-9a-f]+)*",
        "a list such as subnet-0a1,subnet-0b2",
    ),
    "VPC_SECURITY_GROUP": (r"sg-[0-9a-f]+", "a security group such as sg-0a1"),
    "VPC_ID": (r"vpc-[0-9a-f]+", "a VPC such as vpc-0a1"),
    "VPC_ROUTE_TABLES": (r"rtb-[0-9a-f]+(,rtb-[0-9a-f]+)*", "a list such as rtb-0a1,rtb-0b2"),
}
_TAG: Final = re.compile(r"(?P<name>[\w.:/+@ -]{1,128})=(?P<value>[\w.:/=+@ -]{0,256})")
_KEY_ACTIONS: Final = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey")
"""The actions of services for a caller who reads and writes what a key encrypts."""
_NETWORK_ACTIONS: Final = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
"""The actions of Lambda for a function, to connect it to a network. AWS narrows none of them."""


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """The account's demands. An empty one is none.

    Args:
        boundary: The ARN of the policy that bounds each role and user of the stage.
        tags: The tags of all that can have some.
        key: The ARN of the customer's key in KMS, with which all data are encrypted.
        subnets: The subnets in which the functions run.
        security_group: The security group of the functions in their subnets.
        vpc: The VPC in which the stack makes endpoints of AWS's services.
        route_tables: The route tables of the subnets, for those endpoints.
    """

    boundary: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    subnets: tuple[str, ...] = ()
    security_group: str = ""
    vpc: str = ""
    route_tables: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the stack."""
        return {
            "PermissionsBoundary": self.boundary,
            "KmsKey": self.key,
            "Subnets": ",".join(self.subnets),
            "SecurityGroup": self.security_group,
            "Vpc": self.vpc,
            "RouteTables": ",".join(self.route_tables),
        }

    @property
    def tag_list(self) -> list[dict[str, str]]:
        """The tags as most of AWS's services take them."""
        return [{"Key": name, "Value": value} for name, value in self.tags.items()]

    @property
    def chalice_config(self) -> dict[str, Any]:
        """The part of it that a stage's configuration of Chalice has a place for."""
        config: dict[str, Any] = {"tags": dict(self.tags)} if self.tags else {}
        if self.subnets:
            config["subnet_ids"] = list(self.subnets)
            config["security_group_ids"] = [self.security_group]
        return config

    @property
    def demands(self) -> dict[str, Any]:
        """The additions to Chalice's calls by `deploy.packaging.demands`, as JSON has them."""
        return {
            "boundary": self.boundary,
            "tags": self.tag_list,
            "key": self.key,
            "statements": self.statements,
        }

    @property
    def statements(self) -> list[dict[str, Any]]:
        """The statements that each function's policy needs in addition."""
        found: list[dict[str, Any]] = []
        if self.key:
            key = {"Action": list(_KEY_ACTIONS), "Resource": self.key}
            found.append({"Sid": "Key", "Effect": "Allow", **key})
        if self.subnets:
            network = {"Action": list(_NETWORK_ACTIONS), "Resource": "*"}
            # Lambda connects the function. The function's own code may do nothing of it.
            of_code = {"ArnLike": {"lambda:SourceFunctionArn": "arn:*:lambda:*:*:function:*"}}
            found += [
                {"Sid": "Network", "Effect": "Allow", **network},
                {"Sid": "NotByCode", "Effect": "Deny", **network, "Condition": of_code},
            ]
        return found


def read_account_settings(settings: Mapping[str, str]) -> AccountSettings:
    """Return the account's demands, as the settings name them.

    Raises:
        DeployError: A setting has no such form, or one is missing. The text names them all.
    """
    given = {name: (settings.get(name) or "").replace(" ", "") for name in _PATTERNS}
    tags, faults = _tags(settings.get("TAGS") or "")
    faults += [
        f"{name} is not {what}"
        for name, (pattern, what) in _PATTERNS.items()
        if given[name] and not re.fullmatch(pattern, given[name], re.ASCII)
    ]
    if bool(given["VPC_SUBNETS"]) != bool(given["VPC_SECURITY_GROUP"]):
        faults.append("VPC_SUBNETS and VPC_SECURITY_GROUP need each other")
    if bool(given["VPC_ID"]) != bool(given["VPC_ROUTE_TABLES"]):
        faults.append("VPC_ID and VPC_ROUTE_TABLES need each other")
    elif given["VPC_ID"] and not given["VPC_SUBNETS"]:
        faults.append("VPC_ID needs VPC_SUBNETS")
    if faults:
        raise DeployError(
            "; ".join(faults) + ".",
            "`make settings STAGE=…` shows where each comes from. Correct it there, and run this "
            "again.",
        )
    return AccountSettings(
        boundary=given["PERMISSIONS_BOUNDARY"],
        tags=tags,
        key=given["KMS_KEY"],
        subnets=_listed(given["VPC_SUBNETS"]),
        security_group=given["VPC_SECURITY_GROUP"],
        vpc=given["VPC_ID"],
        route_tables=_listed(given["VPC_ROUTE_TABLES"]),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _tags(text: str) -> tuple[dict[str, str], list[str]]:
    """Return the tags, and what is wrong with them."""
    tags: dict[str, str] = {}
    for each in filter(None, map(str.strip, text.split(","))):
        tag = _TAG.fullmatch(each)
        if tag is None or tag["name"].lower().startswith("aws:"):
            return {}, [f"TAGS must be a list such as team=video,cost-center=42, and has {each!r}"]
        tags[tag["name"].strip()] = tag["value"].strip()
    return tags, []
