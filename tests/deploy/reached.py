"""What a use case may come to call: every function that it names, and that those name."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.stage import PROJECT

CORE = "chalicelib.core."


@dataclass(frozen=True)
class _Function:
    module: Path
    node: ast.FunctionDef


def reached_from(module: str, function: str) -> list[ast.FunctionDef]:
    """The functions that this one of `module` may call, in the core or the adapters of AWS.

    Names are all that is looked at, so it finds a few too many; private ones hold within their
    module alone.
    """
    start = PROJECT / f"{module.replace('.', '/')}.py"
    adapters = PROJECT / "chalicelib" / "adapters"
    of_aws = [*(adapters / "dynamodb").glob("*.py"), adapters / "archive_files.py"]
    modules = [*_with_imports(start), *of_aws]
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
        if isinstance(each, ast.Attribute):
            yield each.attr
        elif isinstance(each, ast.Name):
            yield each.id


def _with_imports(start: Path) -> set[Path]:
    """A module of the core and all modules of the core that it imports, or those do."""
    found: set[Path] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        waiting += [
            PROJECT / f"{node.module.replace('.', '/')}.py"
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(CORE)
        ]
    return found
