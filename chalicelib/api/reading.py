"""Requests into typed structs: the only place where what a caller sent is trusted to be nothing."""

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, TypeVar, get_args, get_type_hints

import msgspec

from chalicelib.errors import BodyTooLarge, FieldProblem, InvalidField, MalformedJson

LONGEST_BODY_BYTES: Final = 64 * 1024

_Struct = TypeVar("_Struct", bound=msgspec.Struct)

_REASON: Final = re.compile(r"(?P<reason>.*?)(?: - at `(?P<path>.+)`)?", re.DOTALL)
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(?P<field>.*)`", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(?P<field>.*)`", re.DOTALL)


def read_body(raw: bytes, struct: type[_Struct]) -> _Struct:
    """The body as `struct`; a blank one counts as `{}`.

    Raises:
        BodyTooLarge: It has more than 64 KiB.
        MalformedJson: It is no JSON text in UTF-8.
        InvalidField: It is no object, or a field of it breaks a rule.
    """
    if len(raw) > LONGEST_BODY_BYTES:
        raise BodyTooLarge("The body may have 64 KiB at most.")
    try:
        content = msgspec.json.decode(raw.strip() or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedJson("The body is not valid JSON in UTF-8.") from error
    if not isinstance(content, dict):
        raise InvalidField(FieldProblem("body", "must be a JSON object"))
    return _convert(content, struct, strict=True)


def read_query(query: Mapping[str, Sequence[str]], struct: type[_Struct]) -> _Struct:
    """The query string's parameters as `struct`.

    Raises:
        InvalidField: A parameter is given twice, or breaks a rule.
    """
    for name, values in query.items():
        if len(values) > 1:
            raise InvalidField(FieldProblem(name, "is given more than once"))
        if not _well_formed(name + values[0]):
            raise InvalidField(FieldProblem("query", "must be well-formed Unicode"))
    return _convert({name: values[0] for name, values in query.items()}, struct, strict=False)


def _convert(content: Mapping[str, object], struct: type[_Struct], *, strict: bool) -> _Struct:
    try:
        return msgspec.convert(content, struct, strict=strict)
    except msgspec.ValidationError as error:
        raise InvalidField(_field_problem(str(error), struct)) from error


def _field_problem(message: str, struct: type[msgspec.Struct]) -> FieldProblem:
    """A message of msgspec's, taken apart into the field's path and the rule."""
    match = _REASON.fullmatch(message)
    reason, path = (match["reason"], match["path"]) if match else (message, None)
    field = (path or "").removeprefix("$").removeprefix(".")
    if unknown := _UNKNOWN.fullmatch(reason):
        return FieldProblem(unknown["field"], "is not known here")
    if missing := _MISSING.fullmatch(reason):
        return FieldProblem(missing["field"], "is required")
    if reason.startswith("Invalid enum value"):
        reason = f"must be one of {', '.join(_choices(field, struct))}"
    return FieldProblem(field or "body", reason[:1].lower() + reason[1:])


def _choices(field: str, struct: type[msgspec.Struct]) -> list[str]:
    """The values an enumerated field may have."""
    names = dict(zip(struct.__struct_encode_fields__, struct.__struct_fields__, strict=True))
    hint = get_type_hints(struct)[names[field]]
    enums = [each for each in (hint, *get_args(hint)) if isinstance(each, type)]
    return [member.value for each in enums if issubclass(each, Enum) for member in each]


def _well_formed(text: str) -> bool:
    """Whether the text can be written as UTF-8: halves of surrogate pairs cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
