"""The resources of CloudFormation as resources of Terraform, type by type."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from deploy.export.functions import ZIP
from deploy.export.terms import UnknownToExport

Body = dict[str, Any]
Turned = Iterator[tuple[str, str, Body]]
"""Resources of Terraform: the type, what is added to the label, and the arguments."""


def renamed(content: Mapping[str, Any], names: Mapping[str, str]) -> Body:
    """Return a mapping with other names, which must have a name for each that is there."""
    if unknown := content.keys() - names.keys():
        raise UnknownToExport(f"{', '.join(sorted(unknown))} in {sorted(content)}")
    return {names[name]: value for name, value in content.items()}


def _keys(schema: Sequence[Mapping[str, str]]) -> Body:
    kinds = {"HASH": "hash_key", "RANGE": "range_key"}
    return {kinds[each["KeyType"]]: each["AttributeName"] for each in schema}


def _index(content: Mapping[str, Any], *, local: bool) -> Body:
    keys = _keys(content["KeySchema"])
    if local:
        del keys["hash_key"]  # It is the table's.
    projection = renamed(
        content["Projection"],
        {"ProjectionType": "projection_type", "NonKeyAttributes": "non_key_attributes"},
    )
    rest = {key: content[key] for key in content.keys() - {"KeySchema", "Projection"}}
    return {**renamed(rest, {"IndexName": "name"}), **keys, **projection}


def _table(_: str, given: Body) -> Turned:
    for name, local in (("LocalSecondaryIndexes", True), ("GlobalSecondaryIndexes", False)):
        given[name] = [_index(each, local=local) for each in given.get(name, ())]
    given["AttributeDefinitions"] = [
        renamed(each, {"AttributeName": "name", "AttributeType": "type"})
        for each in given["AttributeDefinitions"]
    ]
    nested = (
        ("TimeToLiveSpecification", {"AttributeName": "attribute_name", "Enabled": "enabled"}),
        ("PointInTimeRecoverySpecification", {"PointInTimeRecoveryEnabled": "enabled"}),
        ("SSESpecification", {"SSEEnabled": "enabled", "KMSMasterKeyId": "kms_key_arn"}),
    )
    given["SSESpecification"].pop("SSEType")  # It is always KMS, and Terraform has no word for it.
    for name, names in nested:
        given[name] = renamed(given[name], names)
    keys = _keys(given.pop("KeySchema"))
    names = {
        "TableName": "name",
        "BillingMode": "billing_mode",
        "AttributeDefinitions": "attribute",
        "LocalSecondaryIndexes": "local_secondary_index",
        "GlobalSecondaryIndexes": "global_secondary_index",
        "TimeToLiveSpecification": "ttl",
        "PointInTimeRecoverySpecification": "point_in_time_recovery",
        "SSESpecification": "server_side_encryption",
        "DeletionProtectionEnabled": "deletion_protection_enabled",
    }
    yield "aws_dynamodb_table", "", {**renamed(given, names), **keys}


def _bucket(address: str, given: Body) -> Turned:
    bucket = {"bucket": f"${{{address}.id}}"}
    rules = given.pop("BucketEncryption")["ServerSideEncryptionConfiguration"]
    yield (
        "aws_s3_bucket_server_side_encryption_configuration",
        "",
        {**bucket, "rule": [_encryption(each) for each in rules]},
    )
    access = {
        "BlockPublicAcls": "block_public_acls",
        "BlockPublicPolicy": "block_public_policy",
        "IgnorePublicAcls": "ignore_public_acls",
        "RestrictPublicBuckets": "restrict_public_buckets",
    }
    blocked = renamed(given.pop("PublicAccessBlockConfiguration"), access)
    yield "aws_s3_bucket_public_access_block", "", {**bucket, **blocked}
    owned = [
        renamed(each, {"ObjectOwnership": "object_ownership"})
        for each in given.pop("OwnershipControls")["Rules"]
    ]
    yield "aws_s3_bucket_ownership_controls", "", {**bucket, "rule": owned}
    kept = [_lifecycle(each) for each in given.pop("LifecycleConfiguration")["Rules"]]
    yield "aws_s3_bucket_lifecycle_configuration", "", {**bucket, "rule": kept}
    yield "aws_s3_bucket", "", renamed(given, {"BucketName": "bucket"})


def _encryption(rule: Mapping[str, Any]) -> Body:
    name = "ServerSideEncryptionByDefault"
    default = renamed(
        rule[name], {"SSEAlgorithm": "sse_algorithm", "KMSMasterKeyID": "kms_master_key_id"}
    )
    names = {
        name: "apply_server_side_encryption_by_default",
        "BucketKeyEnabled": "bucket_key_enabled",
    }
    return renamed({**rule, name: default}, names)


def _lifecycle(rule: Mapping[str, Any]) -> Body:
    name = "AbortIncompleteMultipartUpload"
    aborted = renamed(rule[name], {"DaysAfterInitiation": "days_after_initiation"})
    names = {"Id": "id", "Status": "status", name: "abort_incomplete_multipart_upload"}
    return {**renamed({**rule, name: aborted}, names), "filter": {}}


def _bucket_policy(_: str, given: Body) -> Turned:
    given["PolicyDocument"] = json.dumps(given["PolicyDocument"])
    yield (
        "aws_s3_bucket_policy",
        "",
        renamed(given, {"Bucket": "bucket", "PolicyDocument": "policy"}),
    )


def _with_policies(kind: str, owner: str, names: Mapping[str, str]) -> "Turner":
    """Return what turns a role or a user, whose policies are resources of their own."""

    def turn(address: str, given: Body) -> Turned:
        for number, each in enumerate(given.pop("Policies")):
            document = {**each, "PolicyDocument": json.dumps(each["PolicyDocument"])}
            policy = renamed(document, {"PolicyName": "name", "PolicyDocument": "policy"})
            suffix = f"_{number}" if number else ""
            yield f"{kind}_policy", suffix, {owner: f"${{{address}.name}}", **policy}
        if "AssumeRolePolicyDocument" in given:
            given["AssumeRolePolicyDocument"] = json.dumps(given["AssumeRolePolicyDocument"])
        yield kind, "", renamed(given, names)

    return turn


def _topic_policy(_: str, given: Body) -> Turned:
    (topic,) = given.pop("Topics")
    policy = renamed(given, {"PolicyDocument": "policy"})["policy"]
    yield "aws_sns_topic_policy", "", {"arn": topic, "policy": json.dumps(policy)}


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


Turner = Callable[[str, Body], Turned]
"""Turns the arguments of a resource, whose address is given, too."""

TURNERS: Final[Mapping[str, Turner]] = {
    "AWS::ApiGateway::Deployment": _deployment,
    "AWS::ApiGateway::RestApi": _rest_api,
    "AWS::ApiGateway::Stage": _stage,
    "AWS::DynamoDB::Table": _table,
    "AWS::EC2::SecurityGroup": _security_group,
    "AWS::Events::Rule": _rule,
    "AWS::IAM::Role": _with_policies(
        "aws_iam_role",
        "role",
        {
            "RoleName": "name",
            "AssumeRolePolicyDocument": "assume_role_policy",
            "PermissionsBoundary": "permissions_boundary",
        },
    ),
    "AWS::IAM::User": _with_policies(
        "aws_iam_user",
        "user",
        {"UserName": "name", "PermissionsBoundary": "permissions_boundary"},
    ),
    "AWS::Lambda::Function": _function,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SecretsManager::RotationSchedule": _rotation,
}
"""The types whose arguments need more than other names. `terraform_alarms.py` has the rest."""
