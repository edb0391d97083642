"""What the app stands on: AWS, OpenTok and identity, each behind its port."""

import boto3
from botocore.config import Config
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from local import resources
from local.app_environment import REGION
from local.aws import AwsStandIn
from local.http_server import HttpServer
from local.identity import IdentityProvider
from local.opentok import OpenTokStandIn
from local.ports import HOST, Ports, StartError
from local.provider import Provider

STAGE = "local"


class Stack:
    """The stand-ins of one run, in this process and in its memory."""

    def __init__(self, ports: Ports, provider: Provider) -> None:
        self._ports = ports
        self._provider = provider
        self._aws = HttpServer(AwsStandIn().wsgi_app, HOST, ports.aws)
        self._opentok = None if provider.real else _opentok(ports, provider)
        self._opentok_port = HttpServer(self._opentok_and_identity(), HOST, ports.opentok)

    def start(self) -> None:
        """Start listening and make the table and the secret.

        Raises:
            StartError: a port was taken after it had been found free.
        """
        try:
            self._aws.start()
            self._opentok_port.start()
        except OSError as error:
            raise StartError(f"The stand-ins cannot start: {error.strerror}.") from error
        self._make_resources()

    def stop(self) -> None:
        self._opentok_port.stop()
        if self._opentok is not None:
            self._opentok.stop()
        self._aws.stop()

    def _opentok_and_identity(self) -> DispatcherMiddleware:
        if self._opentok is None:
            identity = IdentityProvider(self._ports.identity_url)
            return DispatcherMiddleware(NotFound(), {"/identity": identity.wsgi_app})
        # One plan: /sim/faults reaches the identity provider too.
        identity = IdentityProvider(self._ports.identity_url, faults=self._opentok.faults)
        return DispatcherMiddleware(self._opentok.wsgi_app, {"/identity": identity.wsgi_app})

    def _make_resources(self) -> None:
        session = boto3.Session(
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - moto takes any
            region_name=REGION,
        )
        # A proxy in the environment is not for this machine.
        config = Config(proxies={})
        url = self._ports.aws_url
        dynamodb = session.client("dynamodb", endpoint_url=url, config=config)
        secretsmanager = session.client("secretsmanager", endpoint_url=url, config=config)
        resources.create(
            STAGE, dynamodb=dynamodb, secretsmanager=secretsmanager, secret=self._provider.secret
        )
        dynamodb.close()
        secretsmanager.close()


def _opentok(ports: Ports, provider: Provider) -> OpenTokStandIn:
    """The stand-in under the app's credentials, telling the app what happens in sessions."""
    secret = provider.secret
    kinds = secret["callbackSecrets"]
    return OpenTokStandIn(
        projects={secret["apiKey"]: secret["apiSecret"]},
        callbacks={kind: f"{ports.app_url}/callbacks/{kind}" for kind in kinds},
        callback_secrets={kind: current for kind, (current, *_) in kinds.items()},
    )
