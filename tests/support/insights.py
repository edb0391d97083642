"""CloudWatch Logs Insights, as far as the saved queries use its language."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from deploy.aws.resources import TEMPLATE

Line = Mapping[str, Any]
_STRING: Final = re.compile(r"""("[^"]*"|'[^']*')""")
_NAME: Final = re.compile(r"@?\b[a-z_]+\b(?!\()")
_LIKE: Final = re.compile(r"([\w@]+) like /([^/]*)/")
_WORDS: Final = frozenset({"and", "or", "in", "not"})
_CALL: Final = re.compile(r"(\w+)\(([^)]*)\) as (\w+)")


def saved_queries() -> dict[str, str]:
    """Return the queries that the stack saves, by their names in CloudFormation."""
    resources = json.loads(TEMPLATE.read_text())["Resources"]
    return {
        name: each["Properties"]["QueryString"]
        for name, each in resources.items()
        if each["Type"] == "AWS::Logs::QueryDefinition"
    }


def fields_of(query: str) -> set[str]:
    """Return the fields that a query reads or names."""
    return {each for step in _steps(query) for each in _names(step.partition(" ")[2])}


def found(query: str, lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return what a query finds in lines, which are in the order of time.

    Raises:
        KeyError: The query uses a part of the language that is not known here.
    """
    rows = [{**each, "@message": json.dumps(each)} for each in lines]
    for step in _steps(query):
        command, _, rest = step.partition(" ")
        rows = _COMMANDS[command](rest, rows)
    return rows


def _steps(query: str) -> list[str]:
    text = re.sub(r"^#.*$", "", query, flags=re.MULTILINE)
    return [each.strip() for each in text.split("\n|")]


def _names(text: str) -> list[str]:
    """Return the names in a step that are neither texts, words nor functions."""
    without_texts = _STRING.sub("", _LIKE.sub(r"\1", text))
    every = _NAME.findall(without_texts)
    return [each for each in every if each not in _WORDS | {"by", "as", "desc"}]


def _value(expression: str, row: Line) -> Any:
    """Return the value of an expression, which is the same in Python but for `=` and `@`."""
    called = _LIKE.sub(r"like(\1, '\2')", expression)
    parts = _STRING.split(called)
    code = [each if each[:1] in {'"', "'"} else _as_python(each) for each in parts]
    names = {each.replace("@", "at_"): row.get(each) for each in _names(called)}
    return eval("".join(code), _FUNCTIONS | names)  # noqa: S307  the query is this repository's own


def _as_python(text: str) -> str:
    return re.sub(r"(?<![<>!=])=", "==", text).replace("@", "at_")


_FUNCTIONS: Final[dict[str, Any]] = {
    "like": lambda text, pattern: re.search(pattern, text or "") is not None,
    "strcontains": lambda text, part: int(part in (text or "")),
}


def _filter(condition: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if _value(condition, row)]


def _fields(listed: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add the fields that are computed. All others are there already."""
    computed = re.findall(r"(\w+\([^)]*\)) as (\w+)", listed)
    return [row | {name: _value(what, row) for what, name in computed} for row in rows]


def _stats(step: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    asked, _, by = step.partition(" by ")
    keys = [each.strip() for each in by.split(",")]
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row.get(each) for each in keys), []).append(row)
    return [
        dict(zip(keys, values, strict=True))
        | {
            name: _AGGREGATES[function]([row if field == "*" else row.get(field) for row in group])
            for function, field, name in _CALL.findall(asked)
        }
        for values, group in groups.items()
    ]


def _sort(step: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    field, _, order = step.partition(" ")
    return sorted(rows, key=lambda row: row.get(field) or "", reverse=order == "desc")


_AGGREGATES: Final[dict[str, Callable[[list[Any]], Any]]] = {
    "latest": lambda values: next((each for each in reversed(values) if each is not None), None),
    "earliest": lambda values: next((each for each in values if each is not None), None),
    "min": min,
    "count": len,
}
_COMMANDS: Final[dict[str, Callable[[str, list[dict[str, Any]]], list[dict[str, Any]]]]] = {
    "filter": _filter,
    "fields": _fields,
    "stats": _stats,
    "sort": _sort,
}
