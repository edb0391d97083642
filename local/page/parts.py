"""The parts that `make run` starts, with a check for each."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.issuer_documents import discovery_url
from chalicelib.adapters.opentok.sdk_client import SdkClients
from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import RoomkeyError
from chalicelib.settings import Settings
from local.ports import HOST, Ports
from local.providers.provider import Provider
from stand_ins.aws.clients import AwsClients
from stand_ins.http.direct_session import direct_session

_SECONDS = 5.0


class PartDownError(Exception):
    """The part does not work; the text says why."""


@dataclass(frozen=True)
class Finding:
    healthy: bool
    text: str


@dataclass(frozen=True)
class Part:
    """A part with its check, which returns a finding or raises PartDownError."""

    key: str
    name: str
    address: str
    check: Callable[[], str]

    def finding(self) -> Finding:
        try:
            return Finding(healthy=True, text=self.check())
        except PartDownError as error:
            return Finding(healthy=False, text=str(error))


def parts_of(
    ports: Ports, provider: Provider, settings: Settings, aws: AwsClients
) -> tuple[Part, ...]:
    """Return all four parts; `settings` are the app's."""
    opentok = provider.name if provider.real else f"{ports.opentok_url} ({provider.name})"
    issuers = ", ".join(each.url for each in settings.issuers)
    return (
        Part("app", "The app", ports.app_url, lambda: _check_app(ports)),
        Part("opentok", "OpenTok", opentok, lambda: _check_opentok(provider, settings, aws)),
        Part("identity", "Identity", issuers, lambda: _check_identity(settings)),
        Part("aws", "AWS", f"{ports.aws_url} (stand-in)", lambda: _check_aws(settings, aws)),
    )


def _check_app(ports: Ports) -> str:
    return f"Running, version {_content_of(f'{ports.app_url}/health', 'version')}."


def _check_identity(settings: Settings) -> str:
    urls = [
        each.keys_url or _content_of(discovery_url(each.url), "jwks_uri")
        for each in settings.issuers
    ]
    number = sum(len(_content_of(url, "keys")) for url in urls)
    return f"Publishes {number} keys for bearer tokens."


def _check_opentok(provider: Provider, settings: Settings, aws: AwsClients) -> str:
    """Create a session as the app does; a session costs nothing."""
    source = SecretsManagerCredentials(aws.secretsmanager, settings.opentok_secret_id)
    try:
        client = SdkClients(source, settings.opentok_api_url).current(Deadline(_SECONDS)).client
    except RoomkeyError as error:
        raise PartDownError(f"The credentials cannot be read: {error.note}.") from error
    with requests.Session() if provider.real else direct_session() as http:
        headers = client.get_json_headers()
        _answer_of(http, "POST", client.endpoints.get_session_url(), headers)
    return "Accepts the credentials, and creates sessions."


def _check_aws(settings: Settings, aws: AwsClients) -> str:
    try:
        table = aws.dynamodb.describe_table(TableName=settings.rooms_table)["Table"]
        aws.secretsmanager.describe_secret(SecretId=settings.opentok_secret_id)
    except (BotoCoreError, ClientError) as error:
        raise PartDownError(str(error)) from error
    return f"Has the secret, and the table with {table['ItemCount']} items."


def _content_of(url: str, member: str) -> Any:  # noqa: ANN401 - JSON is anything
    # The user's own issuer may be behind a proxy. NO_PROXY need not name this machine.
    with direct_session() if urlsplit(url).hostname == HOST else requests.Session() as http:
        answer = _answer_of(http, "GET", url, {})
    try:
        return answer.json()[member]
    except (ValueError, LookupError, TypeError) as error:
        raise PartDownError(f"Answers without `{member}`.") from error


def _answer_of(
    http: requests.Session, method: str, url: str, headers: dict[str, str]
) -> requests.Response:
    try:
        answer = http.request(method, url, headers=headers, timeout=_SECONDS)
    except requests.RequestException as error:
        raise PartDownError(f"Does not answer ({type(error).__name__}).") from error
    if answer.status_code != HTTPStatus.OK:
        raise PartDownError(f"Answers {answer.status_code} {answer.reason}.")
    return answer
