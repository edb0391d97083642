"""The AWS account and region from the operator's environment."""

from collections.abc import Mapping
from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deploy.errors import DeployError


@dataclass(frozen=True, slots=True)
class Account:
    """An AWS account and region to deploy to. `session` creates the clients."""

    id: str
    region: str
    session: boto3.Session


def connect(environ: Mapping[str, str]) -> Account:
    """Return the account that the credentials belong to.

    Raises:
        DeployError: The credentials are missing or refused, or no region is set.
    """
    session = boto3.Session(region_name=environ.get("AWS_REGION") or None)
    if session.region_name is None:
        raise DeployError(
            "No AWS region is set.",
            "Set AWS_REGION, for example to eu-west-1, or `region` in ~/.aws/config.",
        )
    try:
        caller = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise DeployError(
            f"AWS does not accept the credentials: {error}",
            "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; "
            "`aws sts get-caller-identity` must name your account.",
        ) from error
    return Account(caller["Account"], session.region_name, session)
