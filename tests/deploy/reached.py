"""The functions that a use case may call: all that it names, and all that those name."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.stage import PROJECT

CORE = "chalicelib.core."
FIELDS = {"created_by"}
"""A room's field, which a function of the same name, for the API alone, has nothing to do with."""


@dataclass(frozen=True)
class _Function:
    module: Path
    node: ast.FunctionDef


def reached_from(function: str, module: str, *handed_in: str) -> list[ast.FunctionDef]:
    """Return the functions that this one may call, in the core or the adapters of AWS.

    Args:
        function: The name of the function to begin with.
        module: Its module.
        handed_in: Modules whose use cases it is given, and so does not import.

    It compares names alone, so it finds a few too many. A private name holds within its module.
    """
    start = _path(module)
    adapters = PROJECT / "chalicelib" / "adapters"
    of_aws = [*(adapters / "dynamodb").rglob("*.py"), adapters / "s3_archives.py"]
    modules = [*_with_imports(start, *map(_path, handed_in)), *of_aws]
    known: dict[str, list[_Function]] = {}
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                known.setdefault(node.name, []).append(_Function(path, node))
    found: list[_Function] = []
    waiting = [each for each in known[function] if each.module == start]
    while waiting:
        each = waiting.pop()
        if each in found:
            continue
        found.append(each)
        for name in _names(each.node):
            waiting += [
                other
                for other in known.get(name, ())
                if other.module == each.module or not name.startswith("_")
            ]
    return [each.node for each in found]


def _names(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and each.attr not in FIELDS:
            yield each.attr
        elif isinstance(each, ast.Name):
            yield each.id


def _path(module: str) -> Path:
    return PROJECT / f"{module.replace('.', '/')}.py"


def _with_imports(*starts: Path) -> set[Path]:
    """Return modules of the core and all modules of the core that they import, at any depth."""
    found: set[Path] = set()
    waiting = list(starts)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        waiting += [
            _path(node.module)
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(CORE)
        ]
    return found
