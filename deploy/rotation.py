"""The rotation of a stage's credentials: the account that may replace them, and its schedule."""

import json
from typing import TYPE_CHECKING, Final, Protocol

from botocore.exceptions import ClientError

from chalicelib.adapters.opentok.accounts import AccountCredentials, PlatformAccount, parse_account
from chalicelib.adapters.opentok.api_client import Transport
from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import NotConfigured, ProviderRefused, ProviderUnavailable
from deploy.account import Account
from deploy.errors import DeployError
from deploy.stage import Stage

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

_SECONDS: Final = 15.0
_ABSENT: Final = "ResourceNotFoundException"
_EXISTS: Final = "ResourceExistsException"
_CONFLICT: Final = "ResourceConflictException"
_PERMISSION: Final = "rotation-by-secrets-manager"


class AccountHolder(Protocol):
    """An operator who has the credentials of the account."""

    def present(self) -> bool:
        """Return True if a person can answer questions."""

    def account(self) -> str:
        """Return the account's key and secret, as JSON."""


class AccountSecret:
    """The secret with the credentials of the account at OpenTok or Vonage.

    Only the function that rotates may read it.
    """

    def __init__(self, stage: Stage, client: "SecretsManagerClient") -> None:
        self._stage = stage
        self._client = client

    @property
    def name(self) -> str:
        return self._stage.account_secret_id

    def exists(self) -> bool:
        try:
            self._client.describe_secret(SecretId=self.name)
        except ClientError as error:
            if error.response["Error"]["Code"] != _ABSENT:
                raise
            return False
        return True

    def store(self, text: str) -> None:
        """Check the account's credentials with OpenTok or Vonage, and store them.

        Raises:
            DeployError: They are refused, or the account has other credentials on record than the
                stage. The error has no secret.
        """
        try:
            account = parse_account(text, "entered")
        except NotConfigured:
            raise DeployError("These are not an account's credentials.", _AGAIN) from None
        self._check(account)
        content = json.dumps({"accountKey": account.key, "accountSecret": account.secret})
        try:
            self._client.create_secret(
                Name=self.name,
                Description="The account that may replace OpenTok's credentials, as JSON.",
                SecretString=content,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _EXISTS:
                raise
            self._client.put_secret_value(SecretId=self.name, SecretString=content)

    def _check(self, account: AccountCredentials) -> None:
        deadline = Deadline(_SECONDS)
        source = SecretsManagerCredentials(self._client, self._stage.secret_id)
        issuer = PlatformAccount(lambda _: account, Transport(), self._stage.opentok_api_url)
        try:
            known = issuer.knows(source.current(deadline), deadline)
        except NotConfigured as error:
            raise DeployError(
                f"The stage has no credentials to rotate: {error.note}.",
                f"Store them first: make secret STAGE={self._stage.name}",
            ) from None
        except ProviderRefused as error:
            raise DeployError(f"The account is refused: {error.note}.", _AGAIN) from None
        except ProviderUnavailable as error:
            raise DeployError(
                f"The account was not checked, because nobody answers: {error.note}",
                "Check this machine's internet connection, then run this again.",
            ) from None
        if not known:
            raise DeployError(
                "The account has other credentials on record than the stage's secret. Nothing was "
                "stored.",
                f"Store those that are good: make secret STAGE={self._stage.name}",
            )


def ensure_account(stage: Stage, secret: AccountSecret, holder: AccountHolder) -> str | None:
    """Ask for the account's credentials if the stage rotates and has none. Return a line about it.

    Raises:
        DeployError: No operator can be asked, or the entered credentials are not good.
    """
    if not stage.rotation_days:
        return None
    if secret.exists():
        return f"secret {secret.name}: set"
    if not holder.present():
        raise DeployError(
            f"ROTATION_DAYS is set, and secret {secret.name} is missing.",
            f"Store the account's credentials: make account-secret STAGE={stage.name}",
        )
    secret.store(holder.account())
    return f"secret {secret.name}: checked and stored"


class RotationSchedule:
    """Secrets Manager's schedule of the rotation of a stage's credentials."""

    def __init__(
        self, stage: Stage, account_id: str, client: "SecretsManagerClient", lambdas: "LambdaClient"
    ) -> None:
        self._stage = stage
        self._account_id = account_id
        self._client = client
        self._lambdas = lambdas

    def apply(self) -> str:
        """Switch the rotation on or off, as the settings have it. Return a line about it.

        When it is switched on or changed, Secrets Manager tries the function by its step
        `testSecret`. It rotates nothing before the days are over.
        """
        days, name = self._stage.rotation_days, self._stage.secret_id
        if not days:
            return self.cancel()
        function = self._lambdas.get_function(FunctionName=self._stage.rotation)
        arn = function["Configuration"]["FunctionArn"]
        self._permit()
        described = self._client.describe_secret(SecretId=name)
        set_up = (
            described.get("RotationEnabled", False),
            described.get("RotationLambdaARN"),
            described.get("RotationRules", {}).get("AutomaticallyAfterDays"),
        )
        if set_up != (True, arn, days):
            self._client.rotate_secret(
                SecretId=name,
                RotationLambdaARN=arn,
                RotationRules={"AutomaticallyAfterDays": days},
                RotateImmediately=False,
            )
        return f"secret {name}: rotated every {days} days"

    def cancel(self) -> str:
        """Switch the rotation off. Return a line about it."""
        name = self._stage.secret_id
        try:
            enabled = self._client.describe_secret(SecretId=name).get("RotationEnabled", False)
        except ClientError as error:
            if error.response["Error"]["Code"] != _ABSENT:
                raise
            enabled = False
        if enabled:
            self._client.cancel_rotate_secret(SecretId=name)
        return f"secret {name}: rotated by hand alone"

    def _permit(self) -> None:
        """Let Secrets Manager call the function, for secrets of this account alone."""
        try:
            self._lambdas.add_permission(
                FunctionName=self._stage.rotation,
                StatementId=_PERMISSION,
                Action="lambda:InvokeFunction",
                Principal="secretsmanager.amazonaws.com",
                SourceAccount=self._account_id,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _CONFLICT:
                raise


def schedule_of(stage: Stage, account: Account) -> RotationSchedule:
    """Return the schedule of a stage's rotation."""
    session = account.session
    return RotationSchedule(
        stage, account.id, session.client("secretsmanager"), session.client("lambda")
    )


_AGAIN: Final = (
    "Use the account's key and secret: at OpenTok those of the account, not of the project; at "
    'Vonage the API key and secret. A pipe must send JSON: {"accountKey": …, "accountSecret": …}.'
)
