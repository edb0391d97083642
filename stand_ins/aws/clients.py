"""boto3 clients for the AWS stand-in, independent of the user's own AWS settings."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

_REGION = "us-east-1"

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

# Requests to this machine use no proxy. One attempt is enough, because a retry gives the same
# answer.
_CONFIG = Config(proxies={}, retries={"total_max_attempts": 1})


@dataclass(frozen=True)
class AwsClients:
    dynamodb: "DynamoDBClient"
    secretsmanager: "SecretsManagerClient"

    def close(self) -> None:
        self.dynamodb.close()
        self.secretsmanager.close()


def aws_clients(url: str) -> AwsClients:
    session = boto3.Session(
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - moto takes any
        region_name=_REGION,
    )
    return AwsClients(
        session.client("dynamodb", endpoint_url=url, config=_CONFIG),
        session.client("secretsmanager", endpoint_url=url, config=_CONFIG),
    )
