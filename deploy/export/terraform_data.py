"""Table, buckets, roles and topics of CloudFormation as resources of Terraform."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from deploy.export.renaming import Body, Turned, Turner, renamed


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


def _with_policies(kind: str, owner: str, names: Mapping[str, str]) -> Turner:
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


DATA: Final[Mapping[str, Turner]] = {
    "AWS::DynamoDB::Table": _table,
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
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::TopicPolicy": _topic_policy,
}
