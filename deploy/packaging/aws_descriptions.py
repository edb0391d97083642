"""botocore's descriptions of AWS, cut down to the operations that the functions call.

botocore reads the description of a whole service before it makes a client, and the addresses of all
services. Most of that is of operations that no code here calls.
"""

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from deploy.errors import DeployError

OPERATIONS: Final[Mapping[str, frozenset[str]]] = {
    "cloudwatch": frozenset({"GetMetricData"}),
    "dynamodb": frozenset(
        {"BatchGetItem", "GetItem", "PutItem", "Query", "Scan", "TransactWriteItems", "UpdateItem"}
    ),
    "lambda": frozenset({"Invoke"}),
    # botocore itself asks for the bucket's region by HeadBucket.
    "s3": frozenset({"DeleteObject", "GetObject", "HeadBucket"}),
    "secretsmanager": frozenset(
        {"DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"}
    ),
}
"""The operations by service."""

_SERVICE: Final = "service-2.json"


def trim_descriptions(folder: Path) -> None:
    """Cut down the descriptions in an unpacked package. Without botocore, do nothing.

    Raises:
        DeployError: This botocore does not describe a service or an operation as expected.
    """
    data = folder / "botocore" / "data"
    if not data.is_dir():
        return
    for service, operations in OPERATIONS.items():
        _drop_older_versions(data / service)
        for path in sorted((data / service).glob("*/*.json.gz")):
            plain = path.with_suffix("")
            content = json.loads(gzip.decompress(path.read_bytes()))
            if plain.name == _SERVICE:
                content = _trimmed_service(service, content, operations)
            _write(plain, content)
            path.unlink()
    endpoints = data / "endpoints.json"
    content = json.loads(endpoints.read_bytes())
    for partition in content["partitions"]:
        partition["services"] = {
            name: each for name, each in partition["services"].items() if name in OPERATIONS
        }
    _write(endpoints, content)


def _drop_older_versions(service: Path) -> None:
    """Remove the API's older versions, which botocore takes only where a caller names them."""
    versions = sorted(service.glob("*"))
    if not versions or not list(versions[-1].glob(f"{_SERVICE}*")):
        raise _unexpected(f"has no description of {service.name}")
    for older in versions[:-1]:
        for path in older.iterdir():
            path.unlink()
        older.rmdir()


def _trimmed_service(
    service: str, content: Mapping[str, Any], wanted: frozenset[str]
) -> dict[str, Any]:
    operations, shapes = content["operations"], content["shapes"]
    if missing := wanted - operations.keys():
        raise _unexpected(f"does not know {', '.join(sorted(missing))} of {service}")
    kept = {name: operations[name] for name in operations if name in wanted}
    reached: set[str] = set()
    waiting = set(_shapes_in(kept.values()))
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting.update(set(_shapes_in([shapes[name]])) - reached)
    return {
        **{name: each for name, each in content.items() if name != "documentation"},
        "operations": _undocumented(kept),
        "shapes": _undocumented({name: shapes[name] for name in shapes if name in reached}),
    }


def _shapes_in(nodes: Iterable[Any]) -> Iterable[str]:
    """Yield the names of the shapes that a part of a description refers to."""
    for node in nodes:
        if isinstance(node, dict):
            if isinstance(node.get("shape"), str):
                yield node["shape"]
            yield from _shapes_in(node.values())
        elif isinstance(node, list):
            yield from _shapes_in(node)


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")


def _undocumented(node: object) -> object:
    """Return a copy without texts for readers, which operations and shapes need not have.

    A member of a shape may have such a name, too.
    """
    if isinstance(node, dict):
        return {
            name: _undocumented(each)
            for name, each in node.items()
            if not (name == "documentation" and isinstance(each, str))
        }
    return [_undocumented(each) for each in node] if isinstance(node, list) else node


def _unexpected(what: str) -> DeployError:
    return DeployError(
        f"The package's botocore {what}.",
        "Pin another version of boto3 in requirements.in, or correct "
        "deploy/packaging/aws_descriptions.py.",
    )
