"""AWS's command line, as far as the runbook uses it, on AWS's own description of each operation."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore import xform_name
from botocore.model import Shape


def run_aws(command: Sequence[str], client_of: Callable[[str], Any]) -> str:
    """Run a command such as `aws events describe-rule --name …`, and return the answer.

    Args:
        command: The words after `aws`.
        client_of: Returns a client for a service. It checks each parameter.

    Raises:
        ValueError: AWS has no such operation, or the operation no such option.
    """
    service, operation, *words = command
    client = client_of(service)
    if (service, operation) == ("logs", "tail"):
        group, *options = words
        if options != ["--since", "15m"]:
            raise ValueError(f"aws logs tail: {options}")
        return json.dumps(client.filter_log_events(logGroupName=group), default=str)
    if operation == "wait":
        waiter = client.get_waiter(words[0].replace("-", "_"))
        waiter.wait(**_parameters("DescribeTable", words[1:], client))
        return ""
    method = operation.replace("-", "_")
    name = client.meta.method_to_api_mapping[method]
    return json.dumps(getattr(client, method)(**_parameters(name, words, client)), default=str)


def _parameters(operation: str, words: Sequence[str], client: Any) -> Mapping[str, Any]:
    members = client.meta.service_model.operation_model(operation).input_shape.members
    by_option = {f"--{xform_name(member, '-')}": member for member in members}
    given: dict[str, Any] = {}
    for option, values in _options(words):
        member = by_option.get(option)
        if member is None:
            raise ValueError(f"{operation} has no option {option}")
        given[member] = _value(members[member], values)
    return given


def _options(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each option with its values."""
    starts = [number for number, word in enumerate(words) if word.startswith("--")]
    if words and starts[:1] != [0]:
        raise ValueError(f"no option: {words[0]}")
    for start, end in zip(starts, [*starts[1:], len(words)], strict=True):
        yield words[start], list(words[start + 1 : end])


def _value(shape: Shape, values: list[str]) -> Any:
    if shape.type_name == "boolean" and not values:
        return True
    (value,) = values
    if shape.type_name == "boolean":
        return {"true": True, "false": False}[value]
    if shape.type_name in {"structure", "map"}:
        if value.startswith("{"):
            return json.loads(value)
        members: Mapping[str, Shape] = shape.members  # type: ignore[attr-defined]
        pairs = (each.split("=") for each in value.split(","))
        return {name: _value(members[name], [text]) for name, text in pairs}
    return value
