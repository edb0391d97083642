"""The versions of the secret with OpenTok's credentials, for Secrets Manager's own rotation."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import uuid4

from botocore.exceptions import ClientError

from chalicelib.adapters.secret_content import (
    CREDENTIAL_NAMES,
    READ_ERRORS,
    SWITCH_AT,
    credential_fields,
    parse_secret,
    secret_error,
    switch_time,
)
from chalicelib.core.ports.credentials import Credentials
from chalicelib.core.ports.operation.rotation import StoredCredentials
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds
from chalicelib.errors import NotConfigured

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_CURRENT: Final = "AWSCURRENT"
_PENDING: Final = "AWSPENDING"
_ABSENT: Final = "ResourceNotFoundException"
_Answer = TypeVar("_Answer", bound=Mapping[str, Any])


class SecretsManagerVersions:
    """The versions of one secret.

    Args:
        client: A client of Secrets Manager.
        secret_id: The secret's name.
    """

    def __init__(self, client: "SecretsManagerClient", secret_id: str) -> None:
        self._client = client
        self._secret_id = secret_id

    def is_current(self, version: str, deadline: Deadline) -> bool:
        return _CURRENT in self._labels(deadline).get(version, ())

    def current(self, deadline: Deadline) -> StoredCredentials:
        credentials, content = self._current(deadline)
        return StoredCredentials(credentials, switch_time(content))

    def pending(self, version: str, deadline: Deadline) -> Credentials | None:
        try:
            answer = deadline.run(
                lambda: self._client.get_secret_value(SecretId=self._secret_id, VersionId=version)
            )
        except READ_ERRORS as error:
            # Secrets Manager makes the version of a rotation without a value.
            if isinstance(error, ClientError) and error.response["Error"]["Code"] == _ABSENT:
                return None
            raise secret_error(error, self._name) from error
        return parse_secret(answer.get("SecretString"), self._secret_id)[0]

    def announce(self, switch_at: datetime, deadline: Deadline) -> None:
        _, content = self._current(deadline)
        announced = {**content, SWITCH_AT: epoch_milliseconds(switch_at)}
        self._put(announced, uuid4().hex, _CURRENT, deadline)

    def put(self, version: str, credentials: Credentials, deadline: Deadline) -> None:
        _, content = self._current(deadline)
        left_out = {*CREDENTIAL_NAMES, SWITCH_AT}
        kept = {name: each for name, each in content.items() if name not in left_out}
        self._put({**credential_fields(credentials), **kept}, version, _PENDING, deadline)

    def promote(self, version: str, deadline: Deadline) -> None:
        labels = self._labels(deadline)
        current = next((each for each in labels if _CURRENT in labels[each]), None)
        if current is None or version not in labels:
            raise NotConfigured(f"{self._name} has no version {version} to put in use")
        if current != version:
            self._call(
                lambda: self._client.update_secret_version_stage(
                    SecretId=self._secret_id,
                    VersionStage=_CURRENT,
                    MoveToVersionId=version,
                    RemoveFromVersionId=current,
                ),
                deadline,
            )
        # AWS itself may have removed it with that call.
        if _PENDING in self._labels(deadline).get(version, ()):
            self._call(
                lambda: self._client.update_secret_version_stage(
                    SecretId=self._secret_id,
                    VersionStage=_PENDING,
                    RemoveFromVersionId=version,
                ),
                deadline,
            )

    @property
    def _name(self) -> str:
        return f"secret {self._secret_id}"

    def _labels(self, deadline: Deadline) -> Mapping[str, list[str]]:
        """Return the staging labels of each version."""
        answer = self._call(
            lambda: self._client.describe_secret(SecretId=self._secret_id), deadline
        )
        return answer.get("VersionIdsToStages", {})

    def _current(self, deadline: Deadline) -> tuple[Credentials, Mapping[str, object]]:
        answer = self._call(
            lambda: self._client.get_secret_value(SecretId=self._secret_id, VersionStage=_CURRENT),
            deadline,
        )
        return parse_secret(answer.get("SecretString"), self._secret_id)

    def _put(
        self, content: Mapping[str, object], version: str, label: str, deadline: Deadline
    ) -> None:
        self._call(
            lambda: self._client.put_secret_value(
                SecretId=self._secret_id,
                ClientRequestToken=version,
                SecretString=json.dumps(content),
                VersionStages=[label],
            ),
            deadline,
        )

    def _call(self, call: Callable[[], _Answer], deadline: Deadline) -> _Answer:
        try:
            return deadline.run(call)
        except READ_ERRORS as error:
            raise secret_error(error, self._name) from error


def secret_text(client: "SecretsManagerClient", secret_id: str, deadline: Deadline) -> str | None:
    """Return the current text of a secret. None if it holds bytes.

    Raises:
        NotConfigured: There is no such secret, or the function may not read it.
        StoreUnavailable: Secrets Manager does not answer in time.
    """
    try:
        answer = deadline.run(lambda: client.get_secret_value(SecretId=secret_id))
    except READ_ERRORS as error:
        raise secret_error(error, f"secret {secret_id}") from error
    return answer.get("SecretString")
