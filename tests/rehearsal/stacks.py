"""The parts that moto's CloudFormation leaves out: secrets, log streams, TTL, conditions."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from deploy.aws.resources import TEMPLATE
from tests.rehearsal.aws_calls import AwsCall
from tests.rehearsal.place import ACCOUNT, REGION
from tests.rehearsal.template import parameters_of

_RESOURCES: dict[str, Any] = json.loads(TEMPLATE.read_text(encoding="utf-8"))["Resources"]
_COPIER = _RESOURCES["AuditCopier"]["Properties"]


def complete_stack(call: AwsCall, client: Callable[[str], Any]) -> None:
    """Add the effects that moto leaves out of a call.

    Args:
        call: Any call to CloudFormation.
        client: Makes a client of a service.
    """
    given = parameters_of(call)
    stage, serving = given.get("Stage"), given.get("Serving")
    if call.operation == "CreateStack":
        described = _RESOURCES["RoomsTable"]
        client("dynamodb").update_time_to_live(
            TableName=f"roomkey-{stage}-rooms",
            TimeToLiveSpecification=described["Properties"]["TimeToLiveSpecification"],
        )
        own = {"KmsKeyId": given["KmsKey"]} if given.get("KmsKey") else {}
        client("secretsmanager").create_secret(Name=f"roomkey/{stage}/opentok", **own)
        client("logs").create_log_stream(
            logGroupName=f"/roomkey/{stage}/audit",
            logStreamName=_RESOURCES["AuditStream"]["Properties"]["LogStreamName"],
        )
    elif call.operation == "UpdateStack" and serving == "no":
        client("s3").delete_bucket(Bucket=_bucket(stage))
        _delete_copier(f"roomkey-{stage}-copy_audit", client)
    elif call.operation == "UpdateStack":
        s3 = client("s3")
        if _bucket(stage) not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
            place = {"LocationConstraint": REGION}
            s3.create_bucket(Bucket=_bucket(stage), CreateBucketConfiguration=place)
            _create_copier(f"roomkey-{stage}-copy_audit", client)


def _bucket(stage: str | None) -> str:
    return f"roomkey-{stage}-state-{ACCOUNT}-{REGION}"


def _delete_copier(function: str, client: Callable[[str], Any]) -> None:
    """Delete the function that copies audit lines, with its role."""
    described = client("lambda").get_function(FunctionName=function)["Configuration"]
    client("lambda").delete_function(FunctionName=function)
    role, iam = described["Role"].rsplit("/", 1)[-1], client("iam")
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
    iam.delete_role(RoleName=role)


def _create_copier(function: str, client: Callable[[str], Any]) -> None:
    trust = _RESOURCES["AuditCopierRole"]["Properties"]["AssumeRolePolicyDocument"]
    role = client("iam").create_role(
        RoleName=f"{function}-again", AssumeRolePolicyDocument=json.dumps(trust)
    )
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as package:
        package.writestr("index.py", _COPIER["Code"]["ZipFile"])
    client("lambda").create_function(
        FunctionName=function,
        Runtime=_COPIER["Runtime"],
        Handler=_COPIER["Handler"],
        Role=role["Role"]["Arn"],
        Code={"ZipFile": code.getvalue()},
    )
