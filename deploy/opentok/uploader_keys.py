"""IAM access keys for OpenTok's uploads. The current key is stored in Secrets Manager."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import boto3
from botocore.exceptions import ClientError

AWS_OWN_KEY: Final = "alias/aws/secretsmanager"
_ABSENT: Final = "ResourceNotFoundException"
_EXISTS: Final = "ResourceExistsException"
_MAX_KEYS: Final = 2
"""The maximum number of access keys of an IAM user."""
_CHECKS: Final = 30
_SECONDS_BETWEEN_CHECKS: Final = 2.0
_NOT_KNOWN_YET: Final = frozenset({"InvalidAccessKeyId", "AccessDenied", "SignatureDoesNotMatch"})


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key of an IAM user."""

    id: str
    secret: str = field(repr=False)


class UploaderKeys:
    """The access keys of one IAM user. One key is stored in a secret.

    Args:
        user: The user's name.
        secret_id: The secret for the stored key.
        session: Creates the clients.
        pause: Waits for a number of seconds.
        key: The key in KMS that encrypts the secret.
    """

    def __init__(
        self,
        user: str,
        secret_id: str,
        session: boto3.Session,
        pause: Callable[[float], None] = time.sleep,
        key: str = AWS_OWN_KEY,
    ) -> None:
        self._user = user
        self._secret_id = secret_id
        self._session = session
        self._key = key
        self._pause = pause
        self._iam = session.client("iam")
        self._secretsmanager = session.client("secretsmanager")

    def ids(self) -> list[str]:
        """Return the ids of the user's keys, oldest first."""
        keys = self._iam.list_access_keys(UserName=self._user)["AccessKeyMetadata"]
        return [each["AccessKeyId"] for each in sorted(keys, key=lambda each: each["CreateDate"])]

    def stored(self) -> AccessKey | None:
        """Return the stored key. None if no key is stored, or the user no longer has this key."""
        try:
            answer = self._secretsmanager.get_secret_value(SecretId=self._secret_id)
        except ClientError as error:
            if error.response["Error"]["Code"] == _ABSENT:
                return None
            raise
        try:
            content = json.loads(answer["SecretString"])
            key = AccessKey(content["accessKey"], content["secretKey"])
        except (ValueError, LookupError, TypeError):
            return None  # not a key of ours; the next key replaces it
        return key if key.id in self.ids() else None

    def create(self) -> AccessKey:
        """Create a key and store it. The older key stays valid."""
        existing = self.ids()
        if len(existing) == _MAX_KEYS:
            self._delete(existing[0])
        created = self._iam.create_access_key(UserName=self._user)["AccessKey"]
        key = AccessKey(created["AccessKeyId"], created["SecretAccessKey"])
        content = json.dumps({"accessKey": key.id, "secretKey": key.secret})
        try:
            self._secretsmanager.create_secret(
                Name=self._secret_id,
                Description="The access key for OpenTok's uploads of recordings, as JSON.",
                SecretString=content,
                KmsKeyId=self._key,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _EXISTS:
                raise
            self._secretsmanager.put_secret_value(SecretId=self._secret_id, SecretString=content)
        return key

    def can_access(self, bucket: str, key: AccessKey) -> bool:
        """Return True once S3 accepts the key. A new key may take a while to work."""
        client = self._session.client(
            "s3", aws_access_key_id=key.id, aws_secret_access_key=key.secret
        )
        for _ in range(_CHECKS):
            try:
                client.list_objects_v2(Bucket=bucket, MaxKeys=1)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _NOT_KNOWN_YET:
                    raise
                self._pause(_SECONDS_BETWEEN_CHECKS)
            else:
                return True
        return False

    def delete_all_but(self, key: AccessKey) -> None:
        """Delete the user's other keys."""
        for each in self.ids():
            if each != key.id:
                self._delete(each)

    def delete_all(self) -> None:
        """Delete all keys of the user, and the stored key."""
        for each in self.ids():
            self._delete(each)
        try:
            # Delete at once. During a recovery window the name cannot be used again.
            self._secretsmanager.delete_secret(
                SecretId=self._secret_id, ForceDeleteWithoutRecovery=True
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _ABSENT:
                raise

    def _delete(self, key_id: str) -> None:
        self._iam.delete_access_key(UserName=self._user, AccessKeyId=key_id)
