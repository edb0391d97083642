"""A network and a key in the rehearsal's account, and what of them a stage has in it."""

from collections.abc import Callable
from typing import Any, Final

from tests.rehearsal.place import ACCOUNT, REGION

TAGS: Final = {"team": "video", "cost-center": "42"}


def network_of(client: Callable[[str], Any]) -> dict[str, str]:
    """Make a network and a key, as other teams of the account would. Return them as settings."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"]
        for number in (1, 2)
    ]
    group = ec2.create_security_group(GroupName="functions", Description="of Lambda", VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    return {
        "TAGS": ",".join(f"{name}={value}" for name, value in TAGS.items()),
        "KMS_KEY": client("kms").create_key()["KeyMetadata"]["Arn"],
        "VPC_SUBNETS": ",".join(subnets),
        "VPC_SECURITY_GROUP": group["GroupId"],
        "VPC_ID": vpc,
        "VPC_ROUTE_TABLES": table,
    }


def demanded_of(client: Callable[[str], Any], stage: str) -> dict[str, Any]:
    """Return what the functions, roles, schedules, logs and network of a stage have of it."""
    lambdas, iam, logs, events = (client(name) for name in ("lambda", "iam", "logs", "events"))
    prefix = f"roomkey-{stage}"
    functions = [
        lambdas.get_function(FunctionName=each["FunctionName"])
        for each in lambdas.list_functions()["Functions"]
        if each["FunctionName"].startswith(prefix)
    ]
    roles = [
        iam.get_role(RoleName=each["RoleName"])["Role"]
        for each in iam.list_roles()["Roles"]
        if each["RoleName"].startswith(prefix)
    ]
    rules = [
        f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{each['Name']}"
        for each in events.list_rules(NamePrefix=prefix)["Rules"]
    ]
    groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{prefix}")["logGroups"]
    endpoints = client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    return {
        "functions": functions,
        "roles": roles,
        "rules": [events.list_tags_for_resource(ResourceARN=each)["Tags"] for each in rules],
        "logs": {
            each["logGroupName"]: logs.list_tags_log_group(logGroupName=each["logGroupName"])[
                "tags"
            ]
            for each in groups
        },
        "endpoints": sorted(each["ServiceName"].rpartition(".")[2] for each in endpoints),
    }
