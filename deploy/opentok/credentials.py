"""Step 2: the OpenTok or Vonage credentials, tried before they are stored."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.exceptions import ClientError

from chalicelib.adapters.opentok.sdk_client import SdkClients
from chalicelib.adapters.opentok.sessions_and_tokens import OpenTokPlatform
from chalicelib.adapters.opentok.transport import Transport
from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.support.deadline import Deadline
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
        """What the secret holds, as a JSON object; empty where it holds nothing yet."""
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
                f"Secret {self._stage.secret_id} holds something that is not ours.",
                f"Store credentials in it: make secret STAGE={self._stage.name}",
            )
        return content

    def check_same_project(self, credentials: dict[str, str], operator: Operator) -> None:
        """Have the operator confirm credentials that belong to another project than those stored.

        Raises:
            DeployError: They do not, or nobody is there to ask.
        """
        stored, entered = _project(self.content()), _project(credentials)
        if stored in (None, entered):
            return
        question = (
            f"The rooms there are belong to {stored}. With {entered}, joining them answers 502 "
            f"until each is deleted and made anew. Type {entered} to go on:"
        )
        if not (operator.present() and operator.confirms(question, str(entered))):
            raise DeployError(
                f"These are credentials of {entered}, the stored ones of {stored}. Nothing was "
                "stored.",
                "Rotate the secret within the project; to change projects, run this at a terminal.",
            )

    def store(self, credentials: dict[str, str]) -> None:
        """Replace the credentials; what else is in the secret stays.

        Raises:
            DeployError: There is no secret yet.
        """
        kept = {
            name: value for name, value in self.content().items() if name not in _CREDENTIAL_NAMES
        }
        try:
            self._client.put_secret_value(
                SecretId=self._stage.secret_id, SecretString=json.dumps(credentials | kept)
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _ABSENT:
                raise
            raise DeployError(
                f"There is no secret {self._stage.secret_id} yet.",
                f"make deploy STAGE={self._stage.name} makes it, and then asks for this.",
            ) from error


_CREDENTIAL_NAMES: Final = frozenset({"apiKey", "apiSecret", "applicationId", "privateKey"})


def _project(content: Mapping[str, Any]) -> str | None:
    """The OpenTok project, or Vonage application, that credentials belong to."""
    return content.get("apiKey") or content.get("applicationId")


def try_credentials(credentials: dict[str, str], stage: Stage) -> None:
    """Have OpenTok create a session, which costs nothing, exactly as the function would.

    Raises:
        DeployError: OpenTok refuses the credentials, or cannot be reached. It shows no secret.
    """
    source = SecretsManagerCredentials(_stand_in_client(credentials), "entered")
    platform = OpenTokPlatform(SdkClients(source, stage.opentok_api_url), Transport())
    try:
        platform.create_session(RoomSettings(), None, Deadline(_TRIAL_SECONDS))
    except NotConfigured as error:
        raise DeployError(f"These are no credentials: {error.note}.", _AGAIN) from None
    except ProviderRefused:
        raise DeployError(
            "OpenTok refuses these credentials. Nothing was stored.", _AGAIN
        ) from None
    except ProviderUnavailable as error:
        raise DeployError(
            f"OpenTok does not answer, so these were not tried or stored: {error.note}",
            "See whether this machine reaches the internet, then run this again.",
        ) from None


def see_to_credentials(stage: Stage, secret: Secret, operator: Operator) -> str:
    """Have the stage's secret filled, if it is empty, and say how it stands.

    Raises:
        DeployError: It is empty and nobody is there to ask, or what they enter does not work.
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
    return f"secret {stage.secret_id}: tried on OpenTok and stored"


_AGAIN: Final = (
    "Look them up in your OpenTok or Vonage account and run this again. From a pipe it takes "
    '{"apiKey": …, "apiSecret": …} or {"applicationId": …, "privateKey": …}, as JSON.'
)


def _stand_in_client(credentials: dict[str, str]) -> "SecretsManagerClient":
    return cast("SecretsManagerClient", _Entered(json.dumps(credentials)))


class _Entered:
    """What was entered, in the place of Secrets Manager."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803 - as boto3 has it
        return {"Name": SecretId, "SecretString": self._text}
