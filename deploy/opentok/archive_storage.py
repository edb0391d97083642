"""The command `make archive-storage`: let OpenTok upload recordings to the stage's bucket."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.opentok.api_client import DONE_WITHOUT_BODY, ApiClient, Call, Transport
from chalicelib.adapters.opentok.sdk_client import SdkClients
from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import RoomkeyError
from deploy.account import Account
from deploy.aws.resources import Resources
from deploy.errors import DeployError
from deploy.opentok.uploader_keys import AWS_OWN_KEY, AccessKey, UploaderKeys
from deploy.stage import Stage

if TYPE_CHECKING:
    from chalicelib.adapters.opentok.api_client import Answer

_PATH: Final = "archive/storage"
"""The path below the address of the project, or of the Vonage application."""

_SECONDS: Final = 30.0


class ArchiveStorage:
    """The storage of a project's recordings: the stage's bucket, or OpenTok's own cloud.

    After an interrupted run, OpenTok has a key that works, and the next run continues.

    Args:
        stage: The stage whose credentials are used.
        account: The account of the stage.
        bucket: The stage's bucket.
        keys: The keys of the IAM user for OpenTok's uploads.
        say: Prints a line to the operator.
    """

    def __init__(
        self,
        stage: Stage,
        account: Account,
        bucket: str,
        keys: UploaderKeys,
        say: Callable[[str], None] = print,
    ) -> None:
        self._stage = stage
        self._account = account
        self._bucket = bucket
        self._keys = keys
        self._say = say

    def switch_on(self) -> None:
        """Give OpenTok the bucket and a new key, and delete the older keys.

        Raises:
            DeployError: AWS or OpenTok refused or did not answer.
        """
        stored = self._keys.stored()
        if stored is not None and self._keys.ids() != [stored.id]:
            # After an interrupted run, OpenTok may have either key.
            self._replace_key(stored)
        key = self._keys.create()
        self._say(f"a new key: created and stored in secret {self._stage.archive_secret_id}")
        self._replace_key(key)
        self._say(f"OpenTok uploads recordings to {self._bucket} from now on")
        self._say("older keys: deleted")

    def switch_off(self) -> None:
        """Make OpenTok use its own cloud again, and delete all keys. Keep the bucket's recordings.

        Raises:
            DeployError: OpenTok refused or did not answer.
        """
        self.detach()
        self.delete_keys()
        self._say(f"recordings in {self._bucket} stay; users get them while ARCHIVE_BUCKET is set")

    def detach(self) -> None:
        """Make OpenTok use its own cloud again.

        Raises:
            DeployError: OpenTok refused or did not answer.
        """
        answer = self._call_opentok(Call("DELETE", _PATH, succeeds_with=DONE_WITHOUT_BODY))
        changed = answer.status != HTTPStatus.NOT_FOUND
        self._say(
            "OpenTok stores recordings in its own cloud " + ("again" if changed else "already")
        )

    def delete_keys(self) -> None:
        """Delete all keys, so that OpenTok cannot upload any more."""
        self._keys.delete_all()
        self._say(f"keys and secret {self._stage.archive_secret_id}: deleted")

    def _replace_key(self, key: AccessKey) -> None:
        """Check the key, give it to OpenTok, and delete the other keys."""
        if not self._keys.can_access(self._bucket, key):
            raise DeployError(
                f"S3 does not accept the new key for {self._bucket}. OpenTok still has the older "
                "key, if it had one.",
                f"Update the user's policy by make deploy STAGE={self._stage.name}. Then run this "
                "again.",
            )
        config = {"accessKey": key.id, "secretKey": key.secret, "bucket": self._bucket}
        # If an upload fails, OpenTok's cloud keeps the recording for three days.
        content = {"type": "s3", "config": config, "fallback": "opentok"}
        self._call_opentok(Call("PUT", _PATH, content, is_expected_failure=lambda _: False))
        self._keys.delete_all_but(key)

    def _call_opentok(self, call: Call) -> "Answer":
        secrets_manager = self._account.session.client("secretsmanager")
        source = SecretsManagerCredentials(secrets_manager, self._stage.secret_id)
        client = ApiClient(SdkClients(source, self._stage.opentok_api_url), Transport())
        try:
            return client.call(call, Deadline(_SECONDS))
        except RoomkeyError as error:
            raise DeployError(
                f"OpenTok did not change the storage: {error.note}", _AGAIN
            ) from error


def archive_storage_of(
    stage: Stage, account: Account, say: Callable[[str], None] = print
) -> ArchiveStorage:
    """Return the archive storage of a stage.

    Raises:
        DeployError: The stage has no bucket for recordings.
    """
    resources = Resources(stage, account.session.client("cloudformation"))
    bucket, user = resources.output("Archives"), resources.output("ArchiveUploader")
    if bucket is None or user is None:
        name = stage.archive_bucket or f"{stage.stack}-archives-{account.id}-{account.region}"
        raise DeployError(
            f"Stage {stage.name} has no bucket for recordings.",
            f'Set "ARCHIVE_BUCKET": "{name}" in .chalice/config.json, under "stages", '
            f'"{stage.name}", "environment_variables". Run make deploy STAGE={stage.name}, '
            "then run this again.",
        )
    key = stage.account_settings.key or AWS_OWN_KEY
    keys = UploaderKeys(user, stage.archive_secret_id, account.session, key=key)
    return ArchiveStorage(stage, account, bucket, keys, say)


_AGAIN: Final = (
    "Correct this error and run this again. OpenTok's current key works until it is replaced."
)
