"""The parts that `make run` starts, and whether each does what the others need of it."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.opentok.sdk_client import SdkClients
from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import RoomkeyError
from chalicelib.settings import Settings
from local.ports import Ports
from local.provider import Provider
from stand_ins.aws.clients import AwsClients
from stand_ins.http.direct_session import unproxied

_SECONDS = 5.0


class PartDownError(Exception):
    """The part does not do what it is for; the text says in which way."""


@dataclass(frozen=True)
class Finding:
    healthy: bool
    text: str


@dataclass(frozen=True)
class Part:
    """One part, and a check that says what it found, or raises PartDownError."""

    key: str
    name: str
    address: str
    check: Callable[[], str]

    def look(self) -> Finding:
        try:
            return Finding(healthy=True, text=self.check())
        except PartDownError as error:
            return Finding(healthy=False, text=str(error))


def parts_of(
    ports: Ports, provider: Provider, settings: Settings, aws: AwsClients
) -> tuple[Part, ...]:
    """All four; `settings` are the app's."""
    opentok = provider.name if provider.real else f"{ports.opentok_url} ({provider.name})"
    return (
        Part("app", "The app", ports.app_url, lambda: _check_app(ports)),
        Part("opentok", "OpenTok", opentok, lambda: _check_opentok(provider, settings, aws)),
        Part("identity", "Identity", ports.identity_url, lambda: _check_identity(settings)),
        Part("aws", "AWS", f"{ports.aws_url} (stand-in)", lambda: _check_aws(settings, aws)),
    )


def _check_app(ports: Ports) -> str:
    return f"Answers as version {_content_of(f'{ports.app_url}/health', 'version')}."


def _check_identity(settings: Settings) -> str:
    return f"Publishes {len(_content_of(settings.jwks_url, 'keys'))} keys for bearers."


def _check_opentok(provider: Provider, settings: Settings, aws: AwsClients) -> str:
    """A session, which costs nothing, is made as the app would make it."""
    source = SecretsManagerCredentials(aws.secretsmanager, settings.opentok_secret_id)
    try:
        client = SdkClients(source, settings.opentok_api_url).current(Deadline(_SECONDS)).client
    except RoomkeyError as error:
        raise PartDownError(f"Its credentials cannot be read: {error.note}.") from error
    with requests.Session() if provider.real else unproxied() as http:
        headers = client.get_json_headers()
        _answer_of(http, "POST", client.endpoints.get_session_url(), headers)
    return "Takes the credentials, and makes sessions."


def _check_aws(settings: Settings, aws: AwsClients) -> str:
    try:
        table = aws.dynamodb.describe_table(TableName=settings.rooms_table)["Table"]
        aws.secretsmanager.describe_secret(SecretId=settings.opentok_secret_id)
    except (BotoCoreError, ClientError) as error:
        raise PartDownError(str(error)) from error
    return f"Has the table, with {table['ItemCount']} items, and the secret."


def _content_of(url: str, member: str) -> Any:  # noqa: ANN401 - JSON is anything
    with unproxied() as http:
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
