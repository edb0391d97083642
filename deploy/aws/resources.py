"""Step 1: table, secret, buckets and alarms, created by CloudFormation."""

from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict

from botocore.exceptions import ClientError, WaiterError

from deploy.aws.audit import audit_days
from deploy.cost_limits import cost_limits
from deploy.errors import DeployError
from deploy.stage import PRODUCTION, Stage

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.literals import CapabilityType
    from mypy_boto3_cloudformation.type_defs import (
        ParameterTypeDef,
        StackTypeDef,
        TagTypeDef,
        WaiterConfigTypeDef,
    )

    class _Tags(TypedDict, total=False):
        Tags: list[TagTypeDef]


TEMPLATE: Final = Path(__file__).parents[1] / "resources.json"
EXPORTED: Final = "Exported"
"""The output of a stack that another tool deploys, from a directory of `make export`."""
_NOTHING_NEW: Final = "No updates are to be performed"
_ABSENT: Final = "does not exist"
_CAPABILITIES: "Final[list[CapabilityType]]" = ["CAPABILITY_NAMED_IAM"]
_UNUSABLE: Final = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"})
_WAIT: "Final[WaiterConfigTypeDef]" = {"Delay": 3, "MaxAttempts": 400}


def stack_parameters(stage: Stage, archives: str, *, serving: bool) -> dict[str, str]:
    """Return the stack's parameters, which come from the settings.

    Args:
        stage: The stage.
        archives: The bucket for recordings. Without a name there is none.
        serving: False keeps only the data: the table, the secret and the recordings.
    """
    return {
        "Stage": stage.name,
        "Kind": stage.kind,
        "Serving": "yes" if serving else "no",
        "ArchiveBucket": archives,
        "AuditDays": audit_days(stage.environment),
        **cost_limits(stage.environment),
        "RotationDays": str(stage.rotation_days),
        **stage.account_settings.parameters,
    }


class Resources:
    """The CloudFormation stack of a stage."""

    def __init__(self, stage: Stage, client: "CloudFormationClient") -> None:
        self._stage = stage
        self._client = client

    def apply(self, *, serving: bool = True) -> str:
        """Create or update the stack. Return a word for what was done.

        Args:
            serving: False keeps only the data: the table, the secret and the recordings.

        Raises:
            DeployError: CloudFormation failed, and rolled back its changes.
        """
        stack = self._find()
        if stack is not None and stack["StackStatus"] in _UNUSABLE:
            raise DeployError(
                f"Stack {self._stage.stack} is left over from a failed creation.",
                f"Find the reason in the CloudFormation console, under Events. Then delete it: "
                f"aws cloudformation delete-stack --stack-name {self._stage.stack}",
            )
        self._check(stack)
        try:
            return self._create() if stack is None else self._update(stack, serving=serving)
        except (WaiterError, ClientError) as error:
            raise DeployError(
                f"CloudFormation could not create the resources: {self._reason(error)}",
                "Correct this error and run this again. CloudFormation rolled back its changes.",
            ) from error

    def check(self) -> None:
        """Refuse a stack of another tool, and one of production that the settings make another.

        Raises:
            DeployError: The stack is an export's, or it says production and the settings do not.
        """
        self._check(self._find())

    def exists(self) -> bool:
        return self._find() is not None

    def output(self, name: str) -> str | None:
        """Return an output of the stack. None if the stack or the output does not exist."""
        stack = self._find()
        outputs = stack.get("Outputs", []) if stack is not None else []
        return next((each["OutputValue"] for each in outputs if each["OutputKey"] == name), None)

    def delete(self) -> None:
        """Delete the stack. The template retains the table, the secret and the recordings."""
        self._client.delete_stack(StackName=self._stage.stack)
        waiter = self._client.get_waiter("stack_delete_complete")
        try:
            waiter.wait(StackName=self._stage.stack, WaiterConfig=_WAIT)
        except WaiterError as error:
            raise DeployError(
                f"CloudFormation could not delete stack {self._stage.stack}: {self._reason(error)}",
                "Correct this error and run this again.",
            ) from error

    def _create(self) -> str:
        self._client.create_stack(
            StackName=self._stage.stack,
            TemplateBody=TEMPLATE.read_text(encoding="utf-8"),
            Parameters=self._parameters(self._stage.archive_bucket or "", serving=True),
            Capabilities=_CAPABILITIES,
            **self._tags(),
        )
        waiter = self._client.get_waiter("stack_create_complete")
        waiter.wait(StackName=self._stage.stack, WaiterConfig=_WAIT)
        return "created"

    def _update(self, stack: "StackTypeDef", *, serving: bool) -> str:
        archives = self._archives(stack)
        self._check_key(stack)
        try:
            self._client.update_stack(
                StackName=self._stage.stack,
                TemplateBody=TEMPLATE.read_text(encoding="utf-8"),
                Parameters=self._parameters(archives, serving=serving),
                Capabilities=_CAPABILITIES,
                **self._tags(),
            )
        except ClientError as error:
            if _NOTHING_NEW in str(error):
                return "up to date"
            raise
        waiter = self._client.get_waiter("stack_update_complete")
        waiter.wait(StackName=self._stage.stack, WaiterConfig=_WAIT)
        return "updated"

    def _archives(self, stack: "StackTypeDef") -> str:
        """Return the bucket for recordings. A bucket in the stack always stays in the stack.

        CloudFormation could not take a removed bucket into the stack again.
        """
        kept, wanted = _given(stack).get("ArchiveBucket") or None, self._stage.archive_bucket
        if kept is not None and wanted not in (None, kept):
            raise DeployError(
                f"ARCHIVE_BUCKET is {wanted}, but this stage's recordings are in {kept}.",
                f"Set it to {kept} again, so that the service finds existing recordings.",
            )
        return kept or wanted or ""

    def _parameters(self, archives: str, *, serving: bool) -> "list[ParameterTypeDef]":
        parameters = stack_parameters(self._stage, archives, serving=serving)
        return [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ]

    def _tags(self) -> "_Tags":
        """Return the tags, which CloudFormation gives to all that the stack has.

        Without tags in the settings, a stack keeps those that somebody has given it.
        """
        tags = self._stage.account_settings.tags.items()
        return {"Tags": [{"Key": name, "Value": value} for name, value in tags]} if tags else {}

    def _check_key(self, stack: "StackTypeDef") -> None:
        """Refuse another key. What was written with the earlier one could no longer be read."""
        kept, wanted = _given(stack).get("KmsKey"), self._stage.account_settings.key
        if kept and wanted != kept:
            raise DeployError(
                f"KMS_KEY is {wanted or 'not set'}, but this stage's data are encrypted with "
                f"{kept}.",
                f"Set it to {kept} again. To have another key, rotate its material in KMS.",
            )

    def _check(self, stack: "StackTypeDef | None") -> None:
        if stack is None:
            return
        if EXPORTED in {each["OutputKey"] for each in stack.get("Outputs", ())}:
            raise DeployError(
                f"Another tool deployed stage {self._stage.name}, from a directory of make export.",
                f"Update it with that tool: make export FORMAT=sam STAGE={self._stage.name}, then "
                "sam deploy. To take it down: sam delete.",
            )
        self._check_kind(stack)

    def _check_kind(self, stack: "StackTypeDef") -> None:
        was = _given(stack).get("Kind")
        if was == PRODUCTION and not self._stage.keeps_data:
            raise DeployError(
                f"Stage {self._stage.name} is of production, and STAGE_KIND says "
                f"{self._stage.kind}. Its data would lose its protection.",
                "Set STAGE_KIND to production again. To make it one of development, first set "
                f"the parameter Kind of stack {self._stage.stack} first, in the CloudFormation "
                "console.",
            )

    def _find(self) -> "StackTypeDef | None":
        try:
            return self._client.describe_stacks(StackName=self._stage.stack)["Stacks"][0]
        except ClientError as error:
            if _ABSENT in str(error):
                return None
            raise

    def _reason(self, error: WaiterError | ClientError) -> str:
        """Return the first failed resource and its reason, which the waiter does not report."""
        try:
            events = self._client.describe_stack_events(StackName=self._stage.stack)["StackEvents"]
        except ClientError:
            return str(error)
        for event in reversed(events):
            reason = event.get("ResourceStatusReason", "")
            if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason:
                return f"{event['LogicalResourceId']}: {reason}"
        return str(error)


def _given(stack: "StackTypeDef") -> dict[str, str]:
    """Return the parameters of a stack."""
    return {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", ())}
