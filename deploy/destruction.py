"""The command `make destroy`: delete a stage. The data of production stays."""

from collections.abc import Mapping
from typing import TextIO

from botocore.exceptions import ClientError

from deploy.account import Account
from deploy.asking import Operator
from deploy.aws.audit import audit_group
from deploy.aws.recovery import recover_state
from deploy.aws.region import check_region
from deploy.aws.resources import Resources
from deploy.errors import DeployError
from deploy.opentok.archive_storage import archive_storage_of
from deploy.packaging.chalice_command import run_chalice
from deploy.progress import Progress
from deploy.rotation import schedule_of
from deploy.stage import Stage
from deploy.state import DeployedState

_ABSENT = frozenset({"ResourceNotFoundException", "NoSuchBucket"})


class Destruction:
    """One deletion of one stage. It can be repeated, like a deployment."""

    def __init__(
        self, stage: Stage, account: Account, environ: Mapping[str, str], output: TextIO
    ) -> None:
        self._stage = stage
        self._account = account
        self._environ = environ
        self._output = output
        self._progress = Progress(output, 2 if stage.keeps_data else 3)
        self._resources = Resources(stage, account.session.client("cloudformation"))

    def confirm(self, operator: Operator) -> None:
        """Ask the operator to type the stack's name.

        Raises:
            DeployError: The operator did not confirm.
        """
        stack, place = self._stage.stack, f"account {self._account.id}, {self._account.region}"
        data = (
            "its table, secret and recordings stay"
            if self._stage.keeps_data
            else "with ALL ROOMS, ALL RECORDINGS in its bucket and the secret"
        )
        question = f"Delete {stack} in {place}, {data}? Type {stack} to continue:"
        if not operator.confirms(question, stack):
            raise DeployError("Nothing was deleted.", f"To continue, answer {stack}.")

    def run(self) -> None:
        """Run all steps.

        Raises:
            DeployError: A step failed. The steps before it are done. Or the stage is of production,
                and the settings say development; nothing is done then.
        """
        check_region(self._stage, self._account, self._resources)
        self._resources.check()
        self._progress.step("Functions and API")
        self._delete_functions()
        if self._stage.keeps_data:
            self._progress.step("Alarms, dashboard, bucket")
            self._resources.apply(serving=False)
            self._progress.say(
                f"table {self._stage.table}, secret {self._stage.secret_id} and log group "
                f"{audit_group(self._stage.name)} stay and still cost money; "
                f"make deploy STAGE={self._stage.name} uses them again"
            )
            self._report_recordings()
            return
        self._progress.step("Alarms, dashboard, bucket")
        recordings = self._resources.output("Archives") or self._stage.archive_bucket
        self._stop_uploads()
        self._resources.delete()
        self._progress.step("Table, secret, audit log, recordings")
        self._delete_data()
        if recordings is not None:
            self._delete_recordings(recordings)

    def _delete_functions(self) -> None:
        bucket = self._resources.output("StateBucket")
        if bucket is None:
            self._progress.say("nothing is deployed")
            return
        state = DeployedState(
            self._stage, self._account, bucket, self._account.session.client("s3")
        )
        state.fetch()
        recover_state(self._stage, self._account)
        schedule_of(self._stage, self._account).cancel()
        if self._stage.deployed_file.exists():
            run_chalice("delete", self._stage, self._environ, self._account.region, self._output)
        self._delete_logs()
        state.delete()

    def _delete_logs(self) -> None:
        if self._stage.keeps_data:
            return
        logs = self._account.session.client("logs")
        # The rotation may have been switched off since it was deployed.
        for function in {*self._stage.functions.values(), self._stage.rotation}:
            try:
                logs.delete_log_group(logGroupName=f"/aws/lambda/{function}")
            except ClientError as error:
                _raise_unless_absent(error)

    def _report_recordings(self) -> None:
        recordings = self._resources.output("Archives")
        if recordings is not None:
            self._progress.say(
                f"recordings in {recordings} stay too, and OpenTok still uploads running ones; "
                f"make archive-storage STAGE={self._stage.name} OFF=1 stops these uploads"
            )

    def _stop_uploads(self) -> None:
        """Stop uploads before the IAM user is deleted, which is only possible without keys."""
        if self._resources.output("ArchiveUploader") is None:
            return
        storage = archive_storage_of(self._stage, self._account, self._progress.say)
        try:
            storage.detach()
        except DeployError as error:
            self._progress.say(f"{error}\nUploads will fail. Remove the storage at OpenTok by hand")
        storage.delete_keys()

    def _delete_recordings(self, name: str) -> None:
        bucket = self._account.session.resource("s3").Bucket(name)
        try:
            bucket.objects.delete()
            bucket.delete()
        except ClientError as error:
            _raise_unless_absent(error)
        self._progress.say(f"recordings in {name}: deleted")

    def _delete_data(self) -> None:
        session = self._account.session
        try:
            session.client("dynamodb").delete_table(TableName=self._stage.table)
        except ClientError as error:
            _raise_unless_absent(error)
        for secret_id in (self._stage.secret_id, self._stage.account_secret_id):
            try:
                # Delete at once. During a recovery window the name cannot be used again.
                session.client("secretsmanager").delete_secret(
                    SecretId=secret_id, ForceDeleteWithoutRecovery=True
                )
            except ClientError as error:
                _raise_unless_absent(error)
        audit = audit_group(self._stage.name)
        try:
            # The function that writes to it is gone with the stack, so that nothing is added.
            session.client("logs").delete_log_group(logGroupName=audit)
        except ClientError as error:
            _raise_unless_absent(error)
        self._progress.say(
            f"table {self._stage.table}, secret {self._stage.secret_id} and log group {audit}: "
            "deleted"
        )


def _raise_unless_absent(error: ClientError) -> None:
    if error.response["Error"]["Code"] not in _ABSENT:
        raise error
