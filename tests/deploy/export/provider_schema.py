"""The schema of Terraform's provider for AWS, as far as exports use it.

`aws_provider.json` was made of the provider's own schema, with Terraform 1.11.4 and version 5.100.0
of the provider, in a module that needs it:

    terraform providers schema -json | python -m tests.deploy.export.provider_schema
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tests.deploy.export.terraform_kinds import KINDS

FILE: Final = Path(__file__).with_name("aws_provider.json")
PROVIDER: Final = "registry.terraform.io/hashicorp/aws"
_META: Final = {"count", "depends_on", "lifecycle"}
"""Arguments that Terraform itself takes for every resource."""
_REFERENCE: Final = re.compile(r"(?<![$%])[$%]\{([^}]*)\}")
_NAMES: Final = re.compile(r"\b(?:(?:data\.)?aws_\w+\.\w+\.\w+|var\.\w+|path\.module)")
_DATA: Final = {
    "data.aws_caller_identity.current.account_id",
    "data.aws_partition.current.dns_suffix",
    "data.aws_partition.current.partition",
    "data.aws_region.current.name",
}


def trimmed(block: Mapping[str, Any]) -> dict[str, Any]:
    """Return a block of the provider's schema without descriptions and flags."""
    return {
        "attributes": {
            name: [_mode(each), each.get("type")]
            for name, each in block.get("attributes", {}).items()
        },
        "blocks": {
            name: [each.get("min_items", 0), each.get("max_items", 0), trimmed(each["block"])]
            for name, each in block.get("block_types", {}).items()
        },
    }


def _mode(attribute: Mapping[str, Any]) -> str:
    if attribute.get("required"):
        return "required"
    return "optional" if attribute.get("optional") else "computed"


def faults(module: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each thing in a module that the provider would refuse."""
    schema: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    for kind, resources in module["resource"].items():
        for label, body in resources.items():
            where = f"{kind}.{label}"
            if kind not in schema:
                yield f"{where}: no such resource in aws_provider.json"
                continue
            arguments = {key: value for key, value in body.items() if key not in _META}
            yield from _faults_of_block(where, arguments, schema[kind])
            for address in body.get("depends_on", ()):
                other, _, name = address.partition(".")
                if name not in module["resource"].get(other, {}):
                    yield f"{where}: depends on {address}, which is not there"
    for name in _names_in(module):
        if not _is_there(name, module, schema):
            yield f"{name} is not there"


def _faults_of_block(
    where: str, body: Mapping[str, Any], block: Mapping[str, Any]
) -> Iterator[str]:
    attributes, blocks = block["attributes"], block["blocks"]
    for name, value in body.items():
        if name in attributes:
            mode, kind = attributes[name]
            if mode == "computed" or not _fits(value, kind):
                yield f"{where}.{name} ({mode} {kind}) is {value!r}"
        elif name in blocks:
            least, most, inner = blocks[name]
            given = value if isinstance(value, list) else [value]
            if not least <= len(given) <= (most or len(given)):
                yield f"{where}.{name}: {len(given)} blocks"
            for each in given:
                yield from _faults_of_block(f"{where}.{name}", each, inner)
        else:
            yield f"{where} has no {name}"
    required = {name for name, (mode, _) in attributes.items() if mode == "required"}
    required |= {name for name, (least, _, _) in blocks.items() if least}
    for name in required - body.keys():
        yield f"{where} lacks {name}"


def _fits(value: Any, kind: Any) -> bool:
    if isinstance(kind, list):
        container, element = kind
        if container == "map":
            return isinstance(value, dict) and all(_fits(one, element) for one in value.values())
        return isinstance(value, list) and all(_fits(one, element) for one in value)
    if isinstance(value, str) and value.startswith("${") and value.endswith("}"):
        return True
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _names_in(content: Any) -> Iterator[str]:
    """Yield each name that an expression somewhere in the content refers to."""
    if isinstance(content, Mapping):
        content = list(content.values())
    if isinstance(content, list):
        for each in content:
            yield from _names_in(each)
    elif isinstance(content, str):
        for expression in _REFERENCE.findall(content.replace("$${", "").replace("%%{", "")):
            found = _NAMES.findall(expression)
            yield from found or [expression]


def _is_there(name: str, module: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    if name == "path.module" or name in _DATA:
        return True
    kind, _, rest = name.partition(".")
    if kind == "var":
        return rest in module["variable"]
    label, _, attribute = rest.partition(".")
    return label in module["resource"].get(kind, {}) and attribute in schema[kind]["attributes"]


if __name__ == "__main__":
    everything = json.load(sys.stdin)["provider_schemas"][PROVIDER]["resource_schemas"]
    used = {kind: trimmed(everything[kind]["block"]) for kind in KINDS}
    FILE.write_text(json.dumps(used, separators=(",", ":")) + "\n", encoding="utf-8")
