"""Step 2: the OpenTok or Vonage credentials, checked before they are stored."""

import json
import warnings
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.exceptions import ClientError

from chalicelib.adapters.opentok.api_client import Transport
from chalicelib.adapters.opentok.sdk_client import SdkClients
from chalicelib.adapters.opentok.sessions_and_tokens import OpenTokPlatform
from chalicelib.adapters.secret_content import CREDENTIAL_NAMES, SWITCH_AT, switch_time
from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import rfc3339, utc_now
from chalicelib.errors import NotConfigured, ProviderRefused, ProviderUnavailable
from deploy.asking import Operator
from deploy.errors import DeployError
from deploy.stage import Stage

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_TRIAL_SECONDS: Final = 15.0
_ABSENT: Final = "ResourceNotFoundException"


class Secret:
    """A stage's secret in AWS Secrets Manager."""

    def __init__(self, stage: Stage, client: "SecretsManagerClient") -> None:
        self._stage = stage
        self._client = client

    def content(self) -> dict[str, Any]:
        """Return the secret's content, a JSON object. Empty if the secret has no value yet."""
        try:
            answer = self._client.get_secret_value(SecretId=self._stage.secret_id)
        except ClientError as error:
            if error.response["Error"]["Code"] == _ABSENT:
                return {}
            raise
        try:
            content = json.loads(answer["SecretString"] or "{}")
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise DeployError(
                f"Secret {self._stage.secret_id} does not hold a JSON object.",
                f"Store credentials in it: make secret STAGE={self._stage.name}",
            )
        return content

    def check_same_project(self, credentials: dict[str, str], operator: Operator) -> None:
        """Ask the operator to confirm credentials of another project than the stored one.

        Raises:
            DeployError: The operator did not confirm, or cannot be asked.
        """
        stored, entered = _project(self.content()), _project(credentials)
        if stored in (None, entered):
            return
        question = (
            f"The existing rooms belong to {stored}. With {entered}, joining them answers 502 "
            f"until each is deleted and created again. Type {entered} to continue:"
        )
        if not (operator.present() and operator.confirms(question, str(entered))):
            raise DeployError(
                f"These credentials belong to {entered}, the stored ones to {stored}. Nothing was "
                "stored.",
                "Use credentials of the same project. To change projects, run this at a terminal.",
            )

    def store(self, credentials: dict[str, str]) -> None:
        """Replace the credentials, and keep the other fields of the secret.

        Raises:
            DeployError: The secret does not exist yet.
        """
        kept = {
            name: value for name, value in self.content().items() if name not in CREDENTIAL_NAMES
        }
        self.replace(credentials | kept)

    def _check_no_rotation(self) -> None:
        """Refuse to change what a rotation has copied, and puts in use soon.

        Raises:
            DeployError: A rotation is under way.
        """
        switch_at = switch_time(self.content())
        if switch_at is not None and utc_now() < switch_at + _ROTATION_ENDS_WITHIN:
            raise DeployError(
                f"The credentials are being rotated, at {rfc3339(switch_at)}. Nothing was stored.",
                "Run this again two minutes later.",
            )

    def replace(self, content: Mapping[str, Any]) -> None:
        """Replace the secret's content.

        Raises:
            DeployError: The secret does not exist yet. Or a rotation would undo the change.
        """
        self._check_no_rotation()
        kept = {name: value for name, value in content.items() if name != SWITCH_AT}
        try:
            self._client.put_secret_value(
                SecretId=self._stage.secret_id, SecretString=json.dumps(kept)
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _ABSENT:
                raise
            raise DeployError(
                f"Secret {self._stage.secret_id} does not exist yet.",
                f"make deploy STAGE={self._stage.name} creates it and asks for credentials.",
            ) from error


_ROTATION_ENDS_WITHIN: Final = timedelta(minutes=1)


def _project(content: Mapping[str, Any]) -> str | None:
    """Return the id of the OpenTok project or Vonage application."""
    return content.get("apiKey") or content.get("applicationId")


def try_credentials(credentials: dict[str, str], stage: Stage) -> None:
    """Check credentials by creating a session, which is free, as the function would.

    Raises:
        DeployError: OpenTok refused the credentials or did not answer. The error has no secret.
    """
    source = SecretsManagerCredentials(_entered_client(credentials), "entered")
    platform = OpenTokPlatform(SdkClients(source, stage.opentok_api_url), Transport())
    try:
        with warnings.catch_warnings():
            # Of a secret that is too short, OpenTok's refusal says enough.
            warnings.simplefilter("ignore")
            platform.create_session(RoomSettings(), None, Deadline(_TRIAL_SECONDS))
    except NotConfigured as error:
        raise DeployError(f"These are not valid credentials: {error.note}.", _AGAIN) from None
    except ProviderRefused:
        raise DeployError(
            "OpenTok refuses these credentials. Nothing was stored.", _AGAIN
        ) from None
    except ProviderUnavailable as error:
        raise DeployError(
            f"OpenTok does not answer, so nothing was checked or stored: {error.note}",
            "Check this machine's internet connection, then run this again.",
        ) from None


def ensure_credentials(stage: Stage, secret: Secret, operator: Operator) -> str:
    """Ask for credentials if the stage's secret is empty. Return a line for the operator.

    Raises:
        DeployError: No operator can be asked, or the entered credentials do not work.
    """
    if secret.content():
        return f"secret {stage.secret_id}: set"
    if not operator.present():
        raise DeployError(
            f"Secret {stage.secret_id} is empty.",
            f"Store OpenTok's credentials, then run this again: make secret STAGE={stage.name}",
        )
    credentials = operator.credentials()
    try_credentials(credentials, stage)
    secret.store(credentials)
    return f"secret {stage.secret_id}: checked with OpenTok and stored"


_AGAIN: Final = (
    "Copy them from your OpenTok or Vonage account and run this again. A pipe must send JSON: "
    '{"apiKey": …, "apiSecret": …} or {"applicationId": …, "privateKey": …}.'
)


def _entered_client(credentials: dict[str, str]) -> "SecretsManagerClient":
    return cast("SecretsManagerClient", _EnteredSecret(json.dumps(credentials)))


class _EnteredSecret:
    """A Secrets Manager client that returns the entered credentials."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self, *, SecretId: str, **_: str) -> dict[str, str]:  # noqa: N803 - as boto3 has it
        return {"Name": SecretId, "SecretString": self._text}
