"""The key that OpenTok uploads recordings with: made at IAM, kept in Secrets Manager."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import boto3
from botocore.exceptions import ClientError

_ABSENT: Final = "ResourceNotFoundException"
_EXISTS: Final = "ResourceExistsException"
_AT_MOST: Final = 2
"""Keys that IAM lets a user have."""
_LOOKS: Final = 30
_SECONDS_BETWEEN_LOOKS: Final = 2.0
_NOT_KNOWN_YET: Final = frozenset({"InvalidAccessKeyId", "AccessDenied", "SignatureDoesNotMatch"})


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A user's key to AWS."""

    id: str
    secret: str = field(repr=False)


class UploaderKeys:
    """The keys of one IAM user, one of which is kept.

    Args:
        user: The user's name.
        secret_id: Where the key is kept.
        session: Makes the clients.
        pause: Waits for some seconds.
    """

    def __init__(
        self,
        user: str,
        secret_id: str,
        session: boto3.Session,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._user = user
        self._secret_id = secret_id
        self._session = session
        self._pause = pause
        self._iam = session.client("iam")
        self._secretsmanager = session.client("secretsmanager")

    def ids(self) -> list[str]:
        """The ids of the user's keys, the oldest first."""
        keys = self._iam.list_access_keys(UserName=self._user)["AccessKeyMetadata"]
        return [each["AccessKeyId"] for each in sorted(keys, key=lambda each: each["CreateDate"])]

    def kept(self) -> AccessKey | None:
        """The key that was kept last; None where there is none, or it is the user's no longer."""
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
            return None  # nothing of ours; the next key takes its place
        return key if key.id in self.ids() else None

    def make(self) -> AccessKey:
        """A new key, kept in place of the one before, which stays good."""
        there = self.ids()
        if len(there) == _AT_MOST:
            self._delete(there[0])
        made = self._iam.create_access_key(UserName=self._user)["AccessKey"]
        key = AccessKey(made["AccessKeyId"], made["SecretAccessKey"])
        content = json.dumps({"accessKey": key.id, "secretKey": key.secret})
        try:
            self._secretsmanager.create_secret(
                Name=self._secret_id,
                Description="The key that OpenTok uploads Roomkey's recordings with, as JSON.",
                SecretString=content,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _EXISTS:
                raise
            self._secretsmanager.put_secret_value(SecretId=self._secret_id, SecretString=content)
        return key

    def opens(self, bucket: str, key: AccessKey) -> bool:
        """Whether S3 lets the key in, which it may take a moment to know everywhere."""
        client = self._session.client(
            "s3", aws_access_key_id=key.id, aws_secret_access_key=key.secret
        )
        for _ in range(_LOOKS):
            try:
                client.list_objects_v2(Bucket=bucket, MaxKeys=1)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _NOT_KNOWN_YET:
                    raise
                self._pause(_SECONDS_BETWEEN_LOOKS)
            else:
                return True
        return False

    def delete_all_but(self, key: AccessKey) -> None:
        """End the user's other keys."""
        for each in self.ids():
            if each != key.id:
                self._delete(each)

    def delete_all(self) -> None:
        """End every key of the user's, and forget the kept one."""
        for each in self.ids():
            self._delete(each)
        try:
            # At once, and not after 30 days, in which the name could not be used again.
            self._secretsmanager.delete_secret(
                SecretId=self._secret_id, ForceDeleteWithoutRecovery=True
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _ABSENT:
                raise

    def _delete(self, key_id: str) -> None:
        self._iam.delete_access_key(UserName=self._user, AccessKeyId=key_id)
