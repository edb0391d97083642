"""Decoding of bodies and queries into typed structs: all untrusted input is validated here."""

import json
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, TypeVar, get_args, get_type_hints

import msgspec

from chalicelib.core.support.parsing import is_valid_unicode
from chalicelib.errors import BodyTooLarge, FieldProblem, InvalidField, MalformedJson

LONGEST_BODY_BYTES: Final = 64 * 1024
MAX_QUOTED_CHARACTERS: Final = 100

_Struct = TypeVar("_Struct", bound=msgspec.Struct)

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
        (
            r"Expected `datetime.*`, got .*|Invalid RFC3339.*",
            f"must be an RFC 3339 time, {_EXAMPLE}",
        ),
        (r"Expected `str` matching regex '\^\[\^.*", "must not contain control characters"),
        (r"Expected `str` matching regex .*", "must not be empty or contain white space"),
        (r"Expected `str` of length >= (\d+)", r"must have at least \1 character(s)"),
        (r"Expected `str` of length <= (\d+)", r"must have at most \1 characters"),
        (r"Expected `array` of length <= (\d+)", r"must have at most \1 items"),
        (r"Expected `int` >= (\d+)", r"must be at least \1"),
        (r"Expected `int` <= (\d+)", r"must be at most \1"),
        (r"Expected `int.*`, got .*|Integer value out of range", "must be a whole number"),
        (r"Expected `str.*`, got .*", "must be a string"),
        (r"Expected `bool.*`, got .*", "must be true or false"),
        (r"Expected `array.*`, got .*", "must be a list"),
        (r"Expected `object.*`, got .*", "must be an object"),
    )
)


def read_body(raw: bytes, struct: type[_Struct]) -> _Struct:
    """Return the body as `struct`. An empty body counts as `{}`.

    Raises:
        BodyTooLarge: The body is larger than 64 KiB.
        MalformedJson: The body is not JSON in UTF-8, or repeats a name and `struct` is strict.
        InvalidField: The body is not an object, or a field breaks a rule.
    """
    if len(raw) > LONGEST_BODY_BYTES:
        raise BodyTooLarge("The body must be at most 64 KiB.")
    text = raw.strip() or b"{}"
    try:
        content = msgspec.json.decode(text)
        if struct.__struct_config__.forbid_unknown_fields:
            # msgspec takes the last of several equal names; another parser may take the first.
            json.loads(text, object_pairs_hook=_check_names)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedJson("The body is not valid JSON in UTF-8.") from error
    if not isinstance(content, dict):
        raise InvalidField(FieldProblem("body", "must be a JSON object"))
    return _convert(content, struct, strict=True)


def _check_names(pairs: Sequence[tuple[str, object]]) -> None:
    """Refuse an object that repeats a name.

    Raises:
        MalformedJson: It does.
    """
    names = set[str]()
    for name, _ in pairs:
        if name in names:
            quoted = name[:MAX_QUOTED_CHARACTERS]
            raise MalformedJson(f'The body has "{quoted}" more than once in one object.')
        names.add(name)


def read_query(query: Mapping[str, Sequence[str]], struct: type[_Struct]) -> _Struct:
    """Return the query's parameters as `struct`.

    Raises:
        InvalidField: A parameter is given twice, or breaks a rule.
    """
    if not struct.__struct_fields__ and not struct.__struct_config__.forbid_unknown_fields:
        return struct()  # A lenient struct without fields accepts any query.
    for name, values in query.items():
        if len(values) != 1:
            raise InvalidField(FieldProblem(name, "is given more than once"))
        if not is_valid_unicode(name + values[0]):
            raise InvalidField(FieldProblem("query", "must be valid Unicode"))
    return _convert({name: values[0] for name, values in query.items()}, struct, strict=False)


def _convert(content: Mapping[str, object], struct: type[_Struct], *, strict: bool) -> _Struct:
    unknown = sorted(content.keys() - set(struct.__struct_encode_fields__))
    if unknown and struct.__struct_config__.forbid_unknown_fields:
        raise InvalidField(*(FieldProblem(name, _NOT_KNOWN) for name in unknown))
    try:
        return msgspec.convert(content, struct, strict=strict)
    except msgspec.ValidationError as error:
        raise InvalidField(_field_problem(str(error), struct)) from error


def _field_problem(message: str, struct: type[msgspec.Struct]) -> FieldProblem:
    """Return the field's path and the broken rule from a message of msgspec."""
    match = _REASON.fullmatch(message)
    reason, path = (match["reason"], match["path"] or "") if match else (message, "")
    if unknown := _UNKNOWN.fullmatch(reason):
        return FieldProblem(_within(path, unknown["field"]), _NOT_KNOWN)
    if missing := _MISSING.fullmatch(reason):
        return FieldProblem(_within(path, missing["field"]), "is required")
    if reason.startswith("Invalid enum value"):
        return FieldProblem(path, f"must be one of {', '.join(_choices(path, struct))}")
    for pattern, plain in _PLAIN:
        if found := pattern.fullmatch(reason):
            return FieldProblem(path or "body", found.expand(plain))
    return FieldProblem(path or "body", "breaks a rule")


_NOT_KNOWN: Final = "is not a known field"


def _within(path: str, field: str) -> str:
    return f"{path}.{field}" if path else field


def _choices(path: str, struct: type[msgspec.Struct]) -> list[str]:
    """Return the values that an enumerated field accepts."""
    field, _, within = path.partition(".")
    names = dict(zip(struct.__struct_encode_fields__, struct.__struct_fields__, strict=True))
    hint = get_type_hints(struct).get(names.get(field, ""))
    types = [each for each in (hint, *get_args(hint)) if isinstance(each, type)]
    if within:
        inner = next(each for each in types if issubclass(each, msgspec.Struct))
        return _choices(within, inner)
    return [str(member.value) for each in types if issubclass(each, Enum) for member in each]
