"""`make archive-storage STAGE=…`: has OpenTok upload recordings to the stage's own bucket."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.opentok.api_client import ApiClient, Call
from chalicelib.adapters.opentok.sdk_client import SdkClients
from chalicelib.adapters.opentok.transport import Transport
from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import RoomkeyError
from deploy.account import Account
from deploy.aws.resources import Resources
from deploy.errors import DeployError
from deploy.opentok.uploader_keys import AccessKey, UploaderKeys
from deploy.stage import Stage

if TYPE_CHECKING:
    from chalicelib.adapters.opentok.transport import Answer

_PATH: Final = "archive/storage"
"""Below the project's address, which for Vonage's credentials names the application instead."""

_SECONDS: Final = 30.0


class ArchiveStorage:
    """Where OpenTok puts the recordings of a stage's project: the stage's bucket, or its own cloud.

    Whatever interrupts a run, OpenTok is left with a key that works, and the next run goes on.

    Args:
        bucket: The stage's own.
        keys: The keys of the user that OpenTok uploads as.
        say: Takes each line for the operator.
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
        """Give OpenTok the bucket and a new key to it, and end the keys before.

        Raises:
            DeployError: AWS or OpenTok refuses, or does not answer.
        """
        kept = self._keys.kept()
        if kept is not None and self._keys.ids() != [kept.id]:
            # A run was interrupted, and OpenTok may have either key.
            self._hand_over(kept)
        key = self._keys.make()
        self._say(f"a new key: made, and kept in secret {self._stage.archive_secret_id}")
        self._hand_over(key)
        self._say(f"OpenTok uploads recordings to {self._bucket} from now on")
        self._say("the key before it, if there was one: gone")

    def switch_off(self) -> None:
        """Have OpenTok use its own cloud again, and end all keys. Recordings in the bucket stay.

        Raises:
            DeployError: OpenTok refuses, or does not answer.
        """
        self.take_from_opentok()
        self.end_keys()
        self._say(f"recordings in {self._bucket} stay, and are served while ARCHIVE_BUCKET is set")

    def take_from_opentok(self) -> None:
        """Have OpenTok use its own cloud again.

        Raises:
            DeployError: OpenTok refuses, or does not answer.
        """
        answer = self._ask_opentok(Call("DELETE", _PATH))
        told = answer.status != HTTPStatus.NOT_FOUND
        self._say("OpenTok keeps recordings in its own cloud " + ("again" if told else "already"))

    def end_keys(self) -> None:
        """Let nobody upload any more, whatever OpenTok was told."""
        self._keys.delete_all()
        self._say(f"keys and secret {self._stage.archive_secret_id}: gone")

    def _hand_over(self, key: AccessKey) -> None:
        """Let OpenTok upload with this key alone; never with one that does not work."""
        if not self._keys.opens(self._bucket, key):
            raise DeployError(
                f"S3 does not let the new key into {self._bucket}; OpenTok still has the one "
                "before, if it had any.",
                f"See whether make deploy STAGE={self._stage.name} brings the user's policy up to "
                "date, then run this again.",
            )
        config = {"accessKey": key.id, "secretKey": key.secret, "bucket": self._bucket}
        # Where an upload fails, OpenTok's cloud has the recording for three days: better than none.
        content = {"type": "s3", "config": config, "fallback": "opentok"}
        self._ask_opentok(Call("PUT", _PATH, content, is_expected_failure=lambda _: False))
        self._keys.delete_all_but(key)

    def _ask_opentok(self, call: Call) -> "Answer":
        client = self._account.session.client("secretsmanager")
        source = SecretsManagerCredentials(client, self._stage.secret_id)
        rest = ApiClient(SdkClients(source, self._stage.opentok_api_url), Transport())
        try:
            return rest.call(call, Deadline(_SECONDS))
        except RoomkeyError as error:
            raise DeployError(f"OpenTok was not told: {error.note}", _AGAIN) from error


def archive_storage_of(
    stage: Stage, account: Account, say: Callable[[str], None] = print
) -> ArchiveStorage:
    """The archive storage of a stage that has a bucket for it.

    Raises:
        DeployError: It has none.
    """
    resources = Resources(stage, account.session.client("cloudformation"))
    bucket, user = resources.output("Archives"), resources.output("ArchiveUploader")
    if bucket is None or user is None:
        name = stage.archive_bucket or f"{stage.stack}-archives-{account.id}-{account.region}"
        raise DeployError(
            f"Stage {stage.name} has no bucket for recordings.",
            f'Set "ARCHIVE_BUCKET": "{name}" in .chalice/config.json, under "stages", '
            f'"{stage.name}", "environment_variables"; then make deploy STAGE={stage.name}, '
            "then this again.",
        )
    keys = UploaderKeys(user, stage.archive_secret_id, account.session)
    return ArchiveStorage(stage, account, bucket, keys, say)


_AGAIN: Final = (
    "Mend that and run this again. Whichever key OpenTok has, it works until another is in its "
    "place."
)
