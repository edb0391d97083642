"""Step 1: what the functions stand on, by CloudFormation."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError, WaiterError

from deploy.errors import DeployError
from deploy.stage import Stage

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import (
        ParameterTypeDef,
        StackTypeDef,
        WaiterConfigTypeDef,
    )

TEMPLATE: Final = Path(__file__).with_name("resources.json")
_NOTHING_NEW: Final = "No updates are to be performed"
_ABSENT: Final = "does not exist"
_UNUSABLE: Final = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"})
_WAIT: "Final[WaiterConfigTypeDef]" = {"Delay": 3, "MaxAttempts": 400}


class Resources:
    """A stage's stack."""

    def __init__(self, stage: Stage, client: "CloudFormationClient") -> None:
        self._stage = stage
        self._client = client

    def apply(self, *, serving: bool = True) -> str:
        """Create the stack or bring it up to date, and say which it was.

        Args:
            serving: False leaves only what outlives the service: the table and the secret.

        Raises:
            DeployError: CloudFormation could not; it has undone what it had begun.
        """
        stack = self._find()
        if stack is not None and stack["StackStatus"] in _UNUSABLE:
            raise DeployError(
                f"Stack {self._stage.stack} is left over from a creation that failed.",
                f"See why in the CloudFormation console, under Events. Then delete it: "
                f"aws cloudformation delete-stack --stack-name {self._stage.stack}",
            )
        try:
            return self._create() if stack is None else self._update(serving=serving)
        except (WaiterError, ClientError) as error:
            raise DeployError(
                f"CloudFormation could not make the resources: {self._reason(error)}",
                "Mend what it names and run this again; CloudFormation undid its half.",
            ) from error

    def output(self, name: str) -> str | None:
        """An output of the stack; None where there is no such stack or output."""
        stack = self._find()
        outputs = stack.get("Outputs", []) if stack is not None else []
        return next((each["OutputValue"] for each in outputs if each["OutputKey"] == name), None)

    def delete(self) -> None:
        """Delete the stack. The table and the secret stay: their template says so."""
        self._client.delete_stack(StackName=self._stage.stack)
        waiter = self._client.get_waiter("stack_delete_complete")
        try:
            waiter.wait(StackName=self._stage.stack, WaiterConfig=_WAIT)
        except WaiterError as error:
            raise DeployError(
                f"CloudFormation could not delete stack {self._stage.stack}: {self._reason(error)}",
                "Mend what it names and run this again.",
            ) from error

    def _create(self) -> str:
        self._client.create_stack(
            StackName=self._stage.stack,
            TemplateBody=TEMPLATE.read_text(encoding="utf-8"),
            Parameters=self._parameters(serving=True),
        )
        waiter = self._client.get_waiter("stack_create_complete")
        waiter.wait(StackName=self._stage.stack, WaiterConfig=_WAIT)
        return "created"

    def _update(self, *, serving: bool) -> str:
        try:
            self._client.update_stack(
                StackName=self._stage.stack,
                TemplateBody=TEMPLATE.read_text(encoding="utf-8"),
                Parameters=self._parameters(serving=serving),
            )
        except ClientError as error:
            if _NOTHING_NEW in str(error):
                return "up to date"
            raise
        waiter = self._client.get_waiter("stack_update_complete")
        waiter.wait(StackName=self._stage.stack, WaiterConfig=_WAIT)
        return "updated"

    def _parameters(self, *, serving: bool) -> "list[ParameterTypeDef]":
        return [
            {"ParameterKey": "Stage", "ParameterValue": self._stage.name},
            {"ParameterKey": "Serving", "ParameterValue": "yes" if serving else "no"},
        ]

    def _find(self) -> "StackTypeDef | None":
        try:
            return self._client.describe_stacks(StackName=self._stage.stack)["Stacks"][0]
        except ClientError as error:
            if _ABSENT in str(error):
                return None
            raise

    def _reason(self, error: WaiterError | ClientError) -> str:
        """The first resource that failed and why, which the waiter does not tell."""
        try:
            events = self._client.describe_stack_events(StackName=self._stage.stack)["StackEvents"]
        except ClientError:
            return str(error)
        for event in reversed(events):
            reason = event.get("ResourceStatusReason", "")
            if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason:
                return f"{event['LogicalResourceId']}: {reason}"
        return str(error)
