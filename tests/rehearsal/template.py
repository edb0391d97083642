"""The CloudFormation template with a stack's parameters filled in, as far as the template goes."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from deploy.aws.resources import TEMPLATE
from tests.rehearsal.aws_calls import AwsCall

_NOTHING: Final = object()
"""The value of `AWS::NoValue`."""


@dataclass(frozen=True)
class Resource:
    """A resource of a stack: its name in the template, its type and its properties."""

    id: str
    type: str
    properties: Mapping[str, Any]


def parameters_of(call: AwsCall) -> dict[str, str]:
    """Return the parameters of the stack that a call to CloudFormation names."""
    keys = [each for each in call.parameters if each.endswith(".ParameterKey")]
    values = (call.parameters.get(each.removesuffix("Key") + "Value", "") for each in keys)
    return dict(zip((call.parameters[each] for each in keys), values, strict=True))


def resources_of(given: Mapping[str, str]) -> Iterator[Resource]:
    """Yield the resources that a stack with these parameters has."""
    template = json.loads(TEMPLATE.read_text(encoding="utf-8"))
    defaults = {name: str(each.get("Default", "")) for name, each in template["Parameters"].items()}
    filled = _Filled(template["Conditions"], {**defaults, **given})
    for name, each in template["Resources"].items():
        if "Condition" not in each or filled.holds(each["Condition"]):
            yield Resource(name, each["Type"], filled.in_(each.get("Properties", {})))


class _Filled:
    def __init__(self, conditions: Mapping[str, Any], given: Mapping[str, str]) -> None:
        self._conditions = conditions
        self._given = given

    def holds(self, condition: str) -> bool:
        return bool(self.in_(self._conditions[condition]))

    def in_(self, node: Any) -> Any:
        """Return a part of the template with its functions' values."""
        if isinstance(node, list):
            found = [self.in_(each) for each in node]
            return [each for each in found if each is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((function, argument),) = node.items()
            if function in _FUNCTIONS:
                return getattr(self, _FUNCTIONS[function])(argument)
        pairs = ((name, self.in_(each)) for name, each in node.items())
        return {name: each for name, each in pairs if each is not _NOTHING}

    def ref(self, name: str) -> Any:
        return _NOTHING if name == "AWS::NoValue" else self._given.get(name, f"<{name}>")

    def sub(self, text: str) -> str:
        return re.sub(r"\$\{([\w.:]+)\}", lambda found: str(self.ref(found[1])), text)

    def get_att(self, names: list[str]) -> str:
        return f"<{'.'.join(names)}>"

    def choose(self, argument: list[Any]) -> Any:
        condition, then, otherwise = argument
        return self.in_(then if self.holds(condition) else otherwise)

    def equals(self, argument: list[Any]) -> bool:
        left, right = self.in_(argument)
        return bool(left == right)

    def not_(self, argument: list[Any]) -> bool:
        return not self.in_(argument[0])

    def all_(self, argument: list[Any]) -> bool:
        return all(self.in_(argument))

    def split(self, argument: list[Any]) -> list[str]:
        separator, text = self.in_(argument)
        return str(text).split(separator)


_FUNCTIONS: Final = {
    "Ref": "ref",
    "Condition": "holds",
    "Fn::Sub": "sub",
    "Fn::GetAtt": "get_att",
    "Fn::If": "choose",
    "Fn::Equals": "equals",
    "Fn::Not": "not_",
    "Fn::And": "all_",
    "Fn::Split": "split",
}
