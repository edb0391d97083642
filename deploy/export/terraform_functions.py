"""Functions, their schedules and the API of CloudFormation as resources of Terraform."""

import json
from collections.abc import Mapping
from typing import Final

from deploy.export.functions import ZIP
from deploy.export.renaming import Body, Turned, Turner, renamed


def _function(address: str, given: Body) -> Turned:
    code = given.pop("Code")
    file = ZIP if isinstance(code, str) else f"{address.rpartition('.')[2]}.zip"
    path = f"${{path.module}}/{file}"
    given["Environment"] = renamed(given["Environment"], {"Variables": "variables"})
    if "VpcConfig" in given:
        places = {"SubnetIds": "subnet_ids", "SecurityGroupIds": "security_group_ids"}
        given["VpcConfig"] = renamed(given["VpcConfig"], places)
    if "Tags" in given:
        given["Tags"] = {each["Key"]: each["Value"] for each in given["Tags"]}
    names = {
        "FunctionName": "function_name",
        "Runtime": "runtime",
        "Handler": "handler",
        "Role": "role",
        "MemorySize": "memory_size",
        "Timeout": "timeout",
        "Architectures": "architectures",
        "Environment": "environment",
        "ReservedConcurrentExecutions": "reserved_concurrent_executions",
        "VpcConfig": "vpc_config",
        "KmsKeyArn": "kms_key_arn",
        "Tags": "tags",
    }
    hashed = f'${{filebase64sha256("{path}")}}'
    yield (
        "aws_lambda_function",
        "",
        {**renamed(given, names), "filename": path, "source_code_hash": hashed},
    )


def _rule(address: str, given: Body) -> Turned:
    for each in given.pop("Targets"):
        target = renamed(each, {"Id": "target_id", "Arn": "arn"})
        yield "aws_cloudwatch_event_target", "", {"rule": f"${{{address}.name}}", **target}
    names = {"Name": "name", "ScheduleExpression": "schedule_expression"}
    yield "aws_cloudwatch_event_rule", "", renamed(given, names)


def _security_group(address: str, given: Body) -> Turned:
    for number, each in enumerate(given.pop("SecurityGroupIngress")):
        names = {
            "Description": "description",
            "IpProtocol": "ip_protocol",
            "FromPort": "from_port",
            "ToPort": "to_port",
            "SourceSecurityGroupId": "referenced_security_group_id",
        }
        yield (
            "aws_vpc_security_group_ingress_rule",
            f"_{number}" if number else "",
            {"security_group_id": f"${{{address}.id}}", **renamed(each, names)},
        )
    names = {"GroupName": "name", "GroupDescription": "description", "VpcId": "vpc_id"}
    yield "aws_security_group", "", renamed(given, names)


def _rest_api(_: str, given: Body) -> Turned:
    given["Body"] = json.dumps(given["Body"])
    given["EndpointConfiguration"] = renamed(given["EndpointConfiguration"], {"Types": "types"})
    names = {"Name": "name", "Body": "body", "EndpointConfiguration": "endpoint_configuration"}
    yield "aws_api_gateway_rest_api", "", renamed(given, names)


def _deployment(_: str, given: Body) -> Turned:
    arguments = renamed(given, {"RestApiId": "rest_api_id"})
    body = arguments["rest_api_id"].replace(".id}", ".body")
    arguments["triggers"] = {"redeployment": f"${{sha1({body.removeprefix('${')})}}"}
    yield (
        "aws_api_gateway_deployment",
        "",
        {**arguments, "lifecycle": {"create_before_destroy": True}},
    )


def _stage(address: str, given: Body) -> Turned:
    for number, each in enumerate(given.pop("MethodSettings")):
        path = each["ResourcePath"].replace("~1", "/").strip("/")
        rest = {key: each[key] for key in each.keys() - {"ResourcePath", "HttpMethod"}}
        names = {
            "ThrottlingRateLimit": "throttling_rate_limit",
            "ThrottlingBurstLimit": "throttling_burst_limit",
        }
        yield (
            "aws_api_gateway_method_settings",
            f"_{number}" if number else "",
            {
                "rest_api_id": given["RestApiId"],
                "stage_name": f"${{{address}.stage_name}}",
                "method_path": f"{path}/{each['HttpMethod']}",
                "settings": renamed(rest, names),
            },
        )
    names = {
        "RestApiId": "rest_api_id",
        "DeploymentId": "deployment_id",
        "StageName": "stage_name",
    }
    yield "aws_api_gateway_stage", "", renamed(given, names)


def _rotation(_: str, given: Body) -> Turned:
    rules = {"AutomaticallyAfterDays": "automatically_after_days"}
    given["RotationRules"] = renamed(given["RotationRules"], rules)
    names = {
        "SecretId": "secret_id",
        "RotationLambdaARN": "rotation_lambda_arn",
        "RotationRules": "rotation_rules",
        "RotateImmediatelyOnUpdate": "rotate_immediately",
    }
    yield "aws_secretsmanager_secret_rotation", "", renamed(given, names)


FUNCTIONS: Final[Mapping[str, Turner]] = {
    "AWS::ApiGateway::Deployment": _deployment,
    "AWS::ApiGateway::RestApi": _rest_api,
    "AWS::ApiGateway::Stage": _stage,
    "AWS::EC2::SecurityGroup": _security_group,
    "AWS::Events::Rule": _rule,
    "AWS::Lambda::Function": _function,
    "AWS::SecretsManager::RotationSchedule": _rotation,
}
