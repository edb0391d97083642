"""The parts that moto's CloudFormation leaves out: secrets, TTL, conditions that turn false."""

import json
from collections.abc import Callable
from typing import Any

from deploy.aws.resources import TEMPLATE
from tests.rehearsal.aws_calls import AwsCall
from tests.rehearsal.place import ACCOUNT, REGION


def complete_stack(call: AwsCall, client: Callable[[str], Any]) -> None:
    """Add the effects that moto leaves out of a call.

    Args:
        call: Any call to CloudFormation.
        client: Makes a client of a service.
    """
    given = {
        call.parameters[f"Parameters.member.{number}.ParameterKey"]: call.parameters[
            f"Parameters.member.{number}.ParameterValue"
        ]
        for number in range(1, 10)
        if f"Parameters.member.{number}.ParameterKey" in call.parameters
    }
    stage, serving = given.get("Stage"), given.get("Serving")
    if call.operation == "CreateStack":
        described = json.loads(TEMPLATE.read_text(encoding="utf-8"))["Resources"]["RoomsTable"]
        client("dynamodb").update_time_to_live(
            TableName=f"roomkey-{stage}-rooms",
            TimeToLiveSpecification=described["Properties"]["TimeToLiveSpecification"],
        )
        client("secretsmanager").create_secret(Name=f"roomkey/{stage}/opentok")
    elif call.operation == "UpdateStack" and serving == "no":
        client("s3").delete_bucket(Bucket=_bucket(stage))
    elif call.operation == "UpdateStack":
        s3 = client("s3")
        if _bucket(stage) not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
            place = {"LocationConstraint": REGION}
            s3.create_bucket(Bucket=_bucket(stage), CreateBucketConfiguration=place)


def _bucket(stage: str | None) -> str:
    return f"roomkey-{stage}-state-{ACCOUNT}-{REGION}"
