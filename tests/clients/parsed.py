"""Syntax trees of the guides' Kotlin and Swift, by tree-sitter's parsers."""

from collections.abc import Iterator
from pathlib import Path

import tree_sitter_kotlin
import tree_sitter_swift
from tree_sitter import Language, Node, Parser

GUIDES = Path(__file__).parents[2] / "docs" / "clients"
_LANGUAGES = {
    ".kt": Language(tree_sitter_kotlin.language()),
    ".kts": Language(tree_sitter_kotlin.language()),
    ".swift": Language(tree_sitter_swift.language()),
}
_VARIABLES = frozenset({"catch_block", "pattern", "variable_declaration"})
_DECLARATIONS = _VARIABLES | {
    "class_declaration",
    "class_parameter",
    "function_declaration",
    "parameter",
    "protocol_declaration",
    "protocol_function_declaration",
}


def native_files() -> list[Path]:
    return sorted(path for path in GUIDES.rglob("*") if path.suffix in _LANGUAGES)


def tree_of(code: str, suffix: str) -> Node:
    return Parser(_LANGUAGES[suffix]).parse(code.encode()).root_node


def flaws(tree: Node) -> list[str]:
    """Return each place that the parser cannot read or where it misses something."""
    return [
        f"line {node.start_point.row + 1}: {_text(node)[:60]!r}"
        for node in _nodes(tree)
        if node.is_error or node.is_missing
    ]


def names(tree: Node) -> set[str]:
    """Return every name in the file."""
    return {_text(node) for node in _nodes(tree) if _is_name(node)}


def names_declared(tree: Node, kinds: frozenset[str] = _DECLARATIONS) -> set[str]:
    """Return the names that the file declares.

    In code that implements the SDK's interfaces, only variables count.
    """
    if _fulfils_the_sdk(tree):
        kinds = _VARIABLES
    here = {_text(node) for node in tree.children if _is_name(node) and tree.type in kinds}
    return here.union(*(names_declared(child, kinds) for child in tree.children))


def handlers_around(tree: Node, call: str) -> list[str]:
    """Return for each call of the function the catch blocks that its errors reach, or ""."""
    return [
        _handlers_of(node)
        for node in _nodes(tree)
        if node.type == "call_expression" and _text(node).startswith(f"{call}(")
    ]


def _handlers_of(node: Node) -> str:
    inner, outer = node, node.parent
    while outer is not None:
        handlers = [each for each in outer.children if each.type == "catch_block"]
        if handlers and inner not in handlers:
            return "\n".join(_text(each) for each in handlers)
        inner, outer = outer, outer.parent
    return ""


def _fulfils_the_sdk(node: Node) -> bool:
    """Return True for a function of Kotlin's that overrides, and an extension of Swift's."""
    start = _text(node).split("{")[0].split()
    overrides = node.type == "function_declaration" and "override" in start
    return overrides or (node.type == "class_declaration" and "extension" in start)


def _is_name(node: Node) -> bool:
    return node.type.endswith("identifier") and not node.children


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _nodes(child)


def _text(node: Node) -> str:
    return (node.text or b"").decode()
