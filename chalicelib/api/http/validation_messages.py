"""The rule that a field breaks, in plain words, from a message of msgspec."""

import re
from enum import Enum
from typing import Final, Literal, get_args, get_origin, get_type_hints

import msgspec

from chalicelib.errors import FieldProblem

NOT_KNOWN: Final = "is not a known field"

# Only the end of a message is surely msgspec's own: the rest may quote what the caller sent.
_REASON: Final = re.compile(
    r"(?P<reason>.*?)(?: - at `\$\.?(?P<path>[A-Za-z0-9_.\[\]]*)`)?", re.DOTALL
)
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(?P<field>.*)`", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(?P<field>.*)`", re.DOTALL)
_EXAMPLE: Final = "as in 2026-01-31T12:00:00Z"
_PLAIN: Final = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"Expected `datetime` with a timezone component", f"must have a time zone, {_EXAMPLE}"),
        (r"Invalid RFC3339 encoded date", "must be a day, as in 2026-01-31"),
        (
            r"Expected `datetime.*`, got .*|Invalid RFC3339.*",
            f"must be an RFC 3339 time, {_EXAMPLE}",
        ),
        (
            r"Expected `str` matching regex '.*u2028.*",
            "must have a visible character, and no control or direction character",
        ),
        (r"Expected `str` matching regex '\^\[\^.*", "must not contain control characters"),
        (
            r"Expected `str` matching regex '\^\[A-Za-z0-9_-\]\{22,128\}.*",
            "must be 22 to 128 of the characters A-Z, a-z, 0-9, _ and -",
        ),
        (r"Expected `str` matching regex .*", "must not be empty or contain white space"),
        (r"Expected `str` of length >= (\d+)", r"must have at least \1 character(s)"),
        (r"Expected `str` of length <= (\d+)", r"must have at most \1 characters"),
        (r"Expected `array` of length <= (\d+)", r"must have at most \1 items"),
        (r"Expected `int` >= (\d+)", r"must be at least \1"),
        (r"Expected `int` <= (\d+)", r"must be at most \1"),
        (r"Expected `int.*`, got .*|Integer value out of range", "must be a whole number"),
        (r"Invalid UUID", "must be a UUID"),
        (r"Expected `str.*`, got .*", "must be a string"),
        (r"Expected `bool.*`, got .*", "must be true or false"),
        (r"Expected `array.*`, got .*", "must be a list"),
        (r"Expected `object.*`, got .*", "must be an object"),
    )
)


def field_problem(message: str, struct: type[msgspec.Struct]) -> FieldProblem:
    """Return the field's path and the broken rule from a message of msgspec."""
    match = _REASON.fullmatch(message)
    reason, path = (match["reason"], match["path"] or "") if match else (message, "")
    if unknown := _UNKNOWN.fullmatch(reason):
        return FieldProblem(_within(path, unknown["field"]), NOT_KNOWN)
    if missing := _MISSING.fullmatch(reason):
        return FieldProblem(_within(path, missing["field"]), "is required")
    if reason.startswith("Invalid enum value"):
        return FieldProblem(path, f"must be one of {', '.join(_choices(path, struct))}")
    for pattern, plain in _PLAIN:
        if found := pattern.fullmatch(reason):
            return FieldProblem(path or "body", found.expand(plain))
    return FieldProblem(path or "body", "breaks a rule")


def _within(path: str, field: str) -> str:
    return f"{path}.{field}" if path else field


def _choices(path: str, struct: type[msgspec.Struct]) -> list[str]:
    """Return the values that an enumerated field accepts."""
    field, _, within = path.partition(".")
    names = dict(zip(struct.__struct_encode_fields__, struct.__struct_fields__, strict=True))
    hint = get_type_hints(struct).get(names.get(field, ""))
    if get_origin(hint) is Literal:
        return [str(each) for each in get_args(hint)]
    types = [each for each in (hint, *get_args(hint)) if isinstance(each, type)]
    if within:
        inner = next(each for each in types if issubclass(each, msgspec.Struct))
        return _choices(within, inner)
    return [str(member.value) for each in types if issubclass(each, Enum) for member in each]
