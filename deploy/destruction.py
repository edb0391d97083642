"""`make destroy`: all of a stage away again; in prod, all but its data."""

from collections.abc import Mapping
from typing import TextIO

from botocore.exceptions import ClientError

from deploy.account import Account
from deploy.asking import Operator
from deploy.aws.recovery import recover_state
from deploy.aws.resources import Resources
from deploy.errors import DeployError
from deploy.opentok.archive_storage import archive_storage_of
from deploy.packaging.chalice_command import run_chalice
from deploy.progress import Progress
from deploy.stage import Stage
from deploy.state import DeployedState

_ABSENT = frozenset({"ResourceNotFoundException", "NoSuchBucket"})


class Destruction:
    """One run for one stage; like a deployment, it can be repeated."""

    def __init__(
        self, stage: Stage, account: Account, environ: Mapping[str, str], output: TextIO
    ) -> None:
        self._stage = stage
        self._account = account
        self._environ = environ
        self._output = output
        self._progress = Progress(output, 2 if stage.kept else 3)
        self._resources = Resources(stage, account.session.client("cloudformation"))

    def confirm(self, operator: Operator) -> None:
        """Ask, by name, whether this is really meant.

        Raises:
            DeployError: It is not.
        """
        stack, place = self._stage.stack, f"account {self._account.id}, {self._account.region}"
        lost = (
            "its table, secret and recordings stay"
            if self._stage.kept
            else "with ALL ROOMS, ALL RECORDINGS in its own bucket and the secret"
        )
        question = f"Take {stack} down in {place}, {lost}? Type {stack} to go on:"
        if not operator.confirms(question, stack):
            raise DeployError("Nothing was taken down.", f"To go on, answer {stack}.")

    def run(self) -> None:
        """Take it down.

        Raises:
            DeployError: A step failed. Those before it are done.
        """
        self._progress.step("Functions and API")
        self._delete_functions()
        if self._stage.kept:
            self._progress.step("Alarms, dashboard, bucket")
            self._resources.apply(serving=False)
            self._progress.say(
                f"table {self._stage.table} and secret {self._stage.secret_id} stay, and their "
                f"cost; make deploy STAGE={self._stage.name} takes them up again"
            )
            self._tell_of_recordings()
            return
        self._progress.step("Alarms, dashboard, bucket")
        recordings = self._resources.output("Archives") or self._stage.archive_bucket
        self._end_uploads()
        self._resources.delete()
        self._progress.step("Table, secret, recordings")
        self._delete_data()
        if recordings is not None:
            self._delete_recordings(recordings)

    def _delete_functions(self) -> None:
        bucket = self._resources.output("StateBucket")
        if bucket is None:
            self._progress.say("there are none")
            return
        state = DeployedState(
            self._stage, self._account, bucket, self._account.session.client("s3")
        )
        state.fetch()
        recover_state(self._stage, self._account)
        if self._stage.deployed_file.exists():
            run_chalice("delete", self._stage, self._environ, self._account.region, self._output)
        self._delete_logs()
        state.forget()

    def _delete_logs(self) -> None:
        if self._stage.kept:
            return
        logs = self._account.session.client("logs")
        for function in self._stage.functions.values():
            try:
                logs.delete_log_group(logGroupName=f"/aws/lambda/{function}")
            except ClientError as error:
                _unless_absent(error)

    def _tell_of_recordings(self) -> None:
        recordings = self._resources.output("Archives")
        if recordings is not None:
            self._progress.say(
                f"recordings in {recordings} stay too, and what is being recorded still arrives "
                f"there; make archive-storage STAGE={self._stage.name} OFF=1 ends that"
            )

    def _end_uploads(self) -> None:
        """Before the user goes, who cannot while there are keys; and while OpenTok can be told."""
        if self._resources.output("ArchiveUploader") is None:
            return
        storage = archive_storage_of(self._stage, self._account, self._progress.say)
        try:
            storage.take_from_opentok()
        except DeployError as error:
            self._progress.say(f"{error}\nIts uploads will fail; take the storage off by hand")
        storage.end_keys()

    def _delete_recordings(self, name: str) -> None:
        bucket = self._account.session.resource("s3").Bucket(name)
        try:
            bucket.objects.delete()
            bucket.delete()
        except ClientError as error:
            _unless_absent(error)
        self._progress.say(f"recordings in {name}: gone")

    def _delete_data(self) -> None:
        session = self._account.session
        try:
            session.client("dynamodb").delete_table(TableName=self._stage.table)
        except ClientError as error:
            _unless_absent(error)
        try:
            # At once, and not after 30 days, in which the name could not be used again.
            session.client("secretsmanager").delete_secret(
                SecretId=self._stage.secret_id, ForceDeleteWithoutRecovery=True
            )
        except ClientError as error:
            _unless_absent(error)
        self._progress.say(f"table {self._stage.table} and secret {self._stage.secret_id}: gone")


def _unless_absent(error: ClientError) -> None:
    if error.response["Error"]["Code"] not in _ABSENT:
        raise error
