"""AWS clients with timeouts and retries. The SDK is loaded when the first client is made.

boto3 makes the clients for recordings, workers and metrics. A join's clients come from botocore, on
which boto3 is built: boto3 also loads its transfers and resources, which no code here uses.
"""

import logging
from typing import TYPE_CHECKING, Any

from chalicelib import VERSION
from chalicelib.errors import NotConfigured

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from chalicelib.adapters.cloudwatch import MetricData


def keep_libraries_quiet() -> None:
    """Let no library log at level DEBUG, at which they show secrets and auth headers.

    An operator may set that level for the Lambda.
    """
    for logger in ("botocore", "opentok"):
        logging.getLogger(logger).setLevel(logging.WARNING)


def aws_clients() -> "tuple[DynamoDBClient, SecretsManagerClient]":
    """Return the clients for DynamoDB and Secrets Manager. Each of their calls has a timeout.

    Raises:
        NotConfigured: No region is set.
    """
    from botocore.exceptions import NoRegionError
    from botocore.utils import get_environ_proxies

    from chalicelib.adapters.aws_answers import check_answers
    from chalicelib.adapters.aws_connections import ConnectionsToAws
    from chalicelib.composition.lean_session import lean_session
    from chalicelib.roots import roots_of_aws

    config, session = _client_config(), lean_session()
    dynamodb: Any  # the type stubs know boto3's clients by name, and botocore's not
    secrets_manager: Any
    try:
        roots = roots_of_aws(session)
        dynamodb = session.create_client("dynamodb", config=config, verify=roots)
        secrets_manager = session.create_client("secretsmanager", config=config, verify=roots)
    except NoRegionError as error:
        raise NotConfigured("AWS_REGION is not set") from error
    authorities = roots or session.get_config_variable("ca_bundle")
    for client in (dynamodb, secrets_manager):
        has_proxy = bool(get_environ_proxies(client.meta.endpoint_url))
        own = None if has_proxy else ConnectionsToAws(config, authorities)
        check_answers(client, in_json=True, session=own)
    return dynamodb, secrets_manager


def s3_client() -> "S3Client":
    """Return a client for recordings.

    It uses signature version 4, because newer regions reject the older default.
    """
    import boto3
    from botocore.config import Config

    from chalicelib.adapters.aws_answers import check_answers

    regional = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    client = boto3.client("s3", config=_client_config().merge(regional))
    check_answers(client, in_json=False)
    return client


def lambda_client() -> "LambdaClient":
    """Return a client to start workers."""
    import boto3

    from chalicelib.adapters.aws_answers import check_answers

    client = boto3.client("lambda", config=_client_config())
    # Lambda's answer to an invocation that nobody waits for has no content to check.
    check_answers(client, in_json=False)
    return client


def metrics_client() -> "MetricData":
    """Return a client to read metrics."""
    import boto3

    from chalicelib.adapters.aws_answers import check_answers

    client = boto3.client("cloudwatch", config=_client_config())
    # Its answers are no JSON.
    check_answers(client, in_json=False)
    metrics: MetricData = client
    return metrics


def _client_config() -> "Config":
    from botocore.config import Config

    return Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=50,
        # These two settings save a fifth of a call's time. By default botocore describes itself
        # to AWS on every call, and validates parameters that our adapters built.
        user_agent=f"Roomkey/{VERSION}",
        parameter_validation=False,
    )
