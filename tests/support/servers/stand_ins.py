"""AWS, OpenTok and the identity provider, each behind a real socket, for a whole test run."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from time import monotonic
from typing import Any

import boto3
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_s3 import S3Client
from mypy_boto3_secretsmanager import SecretsManagerClient

from app import build_app
from chalicelib.core.sessions.reconcile_sessions import ROUND
from chalicelib.core.support.deadline import Deadline
from stand_ins.aws import resources
from stand_ins.aws import state as aws_state
from stand_ins.aws.stand_in import AwsStandIn
from stand_ins.http.server import HttpServer
from stand_ins.identity.provider import IdentityProvider
from stand_ins.opentok import OpenTokStandIn
from tests.support.features import ALL_FEATURES
from tests.support.gateway import Gateway

API_KEY = "47000001"
API_SECRET = "f00df00df00df00df00df00df00df00df00df00d"
APPLICATION_ID = "3f1c2b4a-0000-4000-8000-00000000beef"
CALLBACK_SECRET = "ca11bac4" * 8
PRIVACY_KEY = "9e1a5ec2" * 8
CALLBACKS = ("session", "archive", "broadcast", "captions", "render", "sip")
"""The kinds of callbacks that the app accepts."""
CREDENTIALS: dict[str, object] = {
    "apiKey": API_KEY,
    "apiSecret": API_SECRET,
    "callbackSecrets": {kind: [CALLBACK_SECRET] for kind in CALLBACKS},
    "privacyKeys": [PRIVACY_KEY],
}
SECRET_ID = "roomkey/test/opentok"
TABLE = "roomkey-test-rooms"
AUDIENCE = "roomkey-tests"
_ONE_ROUND = ROUND.total_seconds()
ITEM_WRITES = {
    f"DynamoDB.{each}"
    for each in ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")
}
"""Operations that change nothing but a table's items."""


@dataclass(frozen=True)
class VonageKeys:
    """A Vonage application's key pair, in PEM."""

    private: str = field(repr=False)
    public: str


def new_vonage_keys() -> VonageKeys:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return VonageKeys(private.decode(), public.decode())


@dataclass(frozen=True)
class StandIns:
    """The three stand-ins, with their clients and addresses."""

    aws: AwsStandIn
    aws_server: HttpServer
    opentok: OpenTokStandIn
    opentok_server: HttpServer
    identity: IdentityProvider
    identity_server: HttpServer
    vonage: VonageKeys
    environment: dict[str, str] = field(default_factory=dict)

    def start_anew(self) -> None:
        """Empty the table, restore the usual secret, and forget earlier calls and faults."""
        self._start_aws_anew()
        self.opentok.clear_calls()
        self.opentok.faults.clear()
        self.opentok.clear_callbacks()
        self.opentok.clear_records()
        for kind in CALLBACKS:
            self.opentok.deliver_to(kind, None)
            self.opentok.callback_secrets[kind] = CALLBACK_SECRET
        self.identity.faults.clear()

    def _start_aws_anew(self) -> None:
        """Restore the table and the secret with as little work as their changes allow."""
        self.aws.clear_faults()
        changes = aws_state.changes()
        if changes <= ITEM_WRITES:
            if changes:
                aws_state.empty_tables()
        else:
            self.aws.reset()
            resources.create_table("test", self.dynamodb())
            resources.create_secret("test", self.secretsmanager(), CREDENTIALS)
        aws_state.forget_changes()
        self.aws.clear_calls()

    def dynamodb(self) -> DynamoDBClient:
        return _dynamodb(self.aws_server.url)

    def secretsmanager(self) -> SecretsManagerClient:
        return _secretsmanager(self.aws_server.url)

    def s3(self) -> S3Client:
        return _s3(self.aws_server.url)

    def put_secret(self, content: str | Mapping[str, object]) -> None:
        """Replace the content of the secret."""
        text = content if isinstance(content, str) else json.dumps(content)
        self.secretsmanager().put_secret_value(SecretId=SECRET_ID, SecretString=text)

    def items(self) -> list[dict[str, Any]]:
        """Return all items of the table."""
        return list(self.dynamodb().scan(TableName=TABLE, ConsistentRead=True)["Items"])

    def gateway(self, **settings: str) -> Gateway:
        """Return API Gateway in front of a new app: a cold Lambda with these settings changed."""
        app = build_app(self.environment | settings, new_run_deadline=_run_of_one_round)
        return Gateway(app)


def _run_of_one_round(_: object) -> Deadline:
    """Return the deadline of a run that has no time for a second round, and never pauses."""
    slept = [0.0]
    return Deadline(_ONE_ROUND, lambda: monotonic() + sum(slept), slept.append)


@cache
def _dynamodb(url: str) -> DynamoDBClient:
    return boto3.client("dynamodb", endpoint_url=url)


@cache
def _secretsmanager(url: str) -> SecretsManagerClient:
    return boto3.client("secretsmanager", endpoint_url=url)


@cache
def _s3(url: str) -> S3Client:
    return boto3.client("s3", endpoint_url=url)


@contextmanager
def running_stand_ins() -> Iterator[StandIns]:
    """Start all three, and stop them afterwards."""
    vonage = new_vonage_keys()
    aws = AwsStandIn()
    opentok = OpenTokStandIn(
        projects={API_KEY: API_SECRET},
        applications={APPLICATION_ID: vonage.public},
        retry_factor=0.01,
    )
    identity = IdentityProvider("https://issuer.test/", AUDIENCE)
    with (
        HttpServer(aws.wsgi_app) as aws_server,
        HttpServer(opentok.wsgi_app) as opentok_server,
        HttpServer(identity.wsgi_app) as identity_server,
    ):
        environment = {
            "ROOMS_TABLE": TABLE,
            "OPENTOK_SECRET_ID": SECRET_ID,
            "OPENTOK_API_URL": opentok_server.url,
            "AUTH_ISSUER": identity.issuer,
            "AUTH_AUDIENCE": AUDIENCE,
            "AUTH_JWKS_URL": f"{identity_server.url}/.well-known/jwks.json",
            # Each first join asks OpenTok, unless a test is about the pool.
            "MAX_POOLED_SESSIONS": "0",
            "CALL_PAGE": "on",
            **ALL_FEATURES,
        }
        yield StandIns(
            aws,
            aws_server,
            opentok,
            opentok_server,
            identity,
            identity_server,
            vonage,
            environment,
        )
        opentok.stop()
