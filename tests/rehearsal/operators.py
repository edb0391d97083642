"""The people and pipelines that operate stages, known by their access keys, and their policies."""

from collections.abc import Iterator, Mapping
from typing import Final

from tests.rehearsal.aws_calls import AwsCall
from tests.rehearsal.rights import Known, Right, Statement, operators_needs, statements
from tests.rehearsal.stack_rights import stack_needs
from tests.rehearsal.template import parameters_of

BOUNDARY: Final = "arn:aws:iam::123456789012:policy/roomkey-boundary"
DEPLOYER: Final = "deployer"
DEPLOYER_IN_VPC: Final = "deployer-in-vpc"
OPERATOR: Final = "operator"
_POLICIES: Final = {
    DEPLOYER: ("deployer-policy",),
    DEPLOYER_IN_VPC: ("deployer-policy", "deployer-policy-kms", "deployer-policy-vpc"),
    OPERATOR: ("operator-policy",),
}
"""The policies, below `deploy`, of each access key."""
_OF_STACKS: Final = frozenset({"CreateStack", "UpdateStack", "DeleteStack"})


class Operators:
    """The rights of operators, judged call by call."""

    def __init__(self) -> None:
        self.known = Known()
        self.used: list[tuple[str, Statement]] = []
        """The policies' statements that a call needed, each with its policy's name."""
        self.refused: list[tuple[str, Right]] = []
        """The rights that a call needed and nobody gives, each with who called."""
        self._given: dict[str, tuple[tuple[str, Statement], ...]] = {
            key: tuple((name, each) for name in names for each in statements(name))
            for key, names in _POLICIES.items()
        }
        self._stacks: dict[str, Mapping[str, str]] = {}

    def allow(self, call: AwsCall) -> bool:
        """Return True if the caller is no operator, or may make this call."""
        if call.caller not in self._given:
            return True
        missing = [each for each in self._needs(call) if not self._gives(call.caller, each)]
        self.refused += ((call.caller, each) for each in missing)
        return not missing

    def note(self, call: AwsCall) -> None:
        """Take a call that succeeded, which changes what later calls need."""
        parameters = call.parameters
        name = parameters.get("RoleName") or parameters.get("UserName")
        if name and "PermissionsBoundary" in parameters:
            self.known.boundaries[name] = parameters["PermissionsBoundary"]
        if call.operation in _OF_STACKS:
            stack = self._parameters_of(call)
            self._stacks[parameters["StackName"]] = stack
            self.known.keys[stack["Stage"]] = stack.get("KmsKey", "")
            uploader = f"roomkey-{stack['Stage']}-archive-uploader"
            self.known.boundaries[uploader] = stack.get("PermissionsBoundary", "")

    def _needs(self, call: AwsCall) -> Iterator[Right]:
        yield from operators_needs(call, self.known)
        if call.operation in _OF_STACKS:
            yield from stack_needs(call.operation, self._parameters_of(call))

    def _gives(self, key: str, right: Right) -> bool:
        giving = [each for each in self._given[key] if each[1].gives(right)]
        self.used += (each for each in giving if each not in self.used)
        return bool(giving)

    def _parameters_of(self, call: AwsCall) -> Mapping[str, str]:
        """Return the parameters of the stack. A deletion has those that the stack had."""
        return parameters_of(call) or self._stacks[call.parameters["StackName"]]
