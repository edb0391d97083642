"""Expressions of DynamoDB, read and checked by moto with less work.

The answers are moto's own; `quicker_moto.py` puts these in the place of moto's.
"""

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import (  # type: ignore[attr-defined]
    Expression,
    LeafNode,
    Node,
    UpdateExpressionFunction,
)

_type: Callable[[object], Any] = type
"""The type of a value, as a key of a cache. mypy believes that types cannot be hashed."""


class _Tree(ConditionExpressionParser):
    """Reads a condition without its values, into moto's tree of nodes."""

    def _lookup_expression_attribute_value(self, name: str) -> Any:
        return {"S": name}

    def _make_op_condition(self, node: Any) -> Any:
        return node


@cache
def _tree(condition: str, names: tuple[tuple[str, str], ...]) -> tuple[Any, list[str], list[str]]:
    """Return a condition's tree, and the names and values that it uses."""
    parser = _Tree(condition, dict(names), None)
    return _PARSE(parser), parser.expr_attr_names_found, parser.expr_attr_values_found


def parse_condition(parser: Any) -> Any:
    if not parser.condition_expression:
        return _PARSE(parser)
    names = (parser.expression_attribute_names or {}).items()
    tree, names_found, values_found = _tree(parser.condition_expression, tuple(names))
    parser.expr_attr_names_found.extend(names_found)
    parser.expr_attr_values_found.extend(values_found)
    return parser._make_op_condition(tree)  # noqa: SLF001  moto's own next step


def make_operand(parser: Any, node: Any) -> Any:
    if node.kind == ConditionExpressionParser.Kind.EXPRESSION_ATTRIBUTE_VALUE:
        node = node._replace(value=parser.expression_attribute_values[node.text])
    return _MAKE_OPERAND(parser, node)


_PARSE = ConditionExpressionParser.parse
_MAKE_OPERAND = ConditionExpressionParser._make_operand  # noqa: SLF001  made quicker here


def traverse(processor: Any, root: Any) -> Any:
    """Let a processor pass over an expression.

    These two look at all actions below a node, so that they need to see the root alone.
    """
    if isinstance(
        processor, validators.ActionCountValidator | validators.OverlappingPathsValidator
    ):
        return processor.process(root)
    processes = processor._processing_map()  # noqa: SLF001  moto's traverser reads it at each node
    return _pass_over(processor, processes, tuple(processes), root, -1)


def _pass_over(
    processor: Any, processes: Any, kinds: tuple[type, ...], node: Any, child_id: int
) -> Any:
    """Do what moto's `traverse_node_recursively` does, with fewer questions about types."""
    parent = node.parent
    for number, child in enumerate(node.children or ()):
        processor.pre_processing_of_child(node, number)
        if _may_change(_type(child), kinds):
            _pass_over(processor, processes, kinds, child, number)
    kind = _kind_of(_type(node), kinds)
    if kind is None:
        return node
    made = processes[kind](node)
    made.parent = parent
    if parent:
        parent.children[child_id] = made
    return made


@cache
def _kind_of(kind: type, kinds: tuple[type, ...]) -> type | None:
    return next((each for each in kinds if issubclass(kind, each)), None)


@cache
def _may_change(kind: type, kinds: tuple[type, ...]) -> bool:
    """Tell if a processor of these kinds has anything to do at or below such a node."""
    if issubclass(kind, LeafNode):
        return _kind_of(kind, kinds) is not None
    return issubclass(kind, Node)


@cache
def _is_node(kind: type) -> bool:
    return issubclass(kind, Node)


@cache
def _has_clauses(kind: type) -> bool:
    return issubclass(kind, (Expression, UpdateExpressionFunction))


def find_clauses(node: Any, kinds: Any) -> list[Any]:
    found = []
    for child in node.children or ():
        if type(child) in kinds:
            found.append(child)
        elif _has_clauses(_type(child)):
            found += find_clauses(child, kinds)
    return found


def copied(node: Any) -> Any:
    """Return a copy of an expression. Python's own looks for loops, and moto's has none."""
    if not _is_node(_type(node)):
        return copy.deepcopy(node)
    made: Any = object.__new__(type(node))
    made.type, made.parent = node.type, node.parent
    if node.children is None:
        made.children = None
        return made
    made.children = []
    for each in node.children:
        child = each
        if _is_node(_type(each)):
            child = copied(each)
            child.parent = made
        made.children.append(child)
    return made
