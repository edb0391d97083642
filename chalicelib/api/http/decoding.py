"""Requests as views see them, one kind of context for each kind of caller.

Bodies and queries are decoded here: all that a caller sends is validated before a view runs.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeVar

import msgspec
from chalice.app import Request
from msgspec import Struct

from chalicelib.api.http.operations import Operation
from chalicelib.api.http.request_log import RequestRecord
from chalicelib.api.http.validation_messages import NOT_KNOWN, field_problem
from chalicelib.core.model.media import Feature
from chalicelib.core.model.user import User
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import is_valid_unicode
from chalicelib.core.use_cases import MediaUseCases, UseCases
from chalicelib.errors import (
    BodyTooLarge,
    FieldProblem,
    InvalidField,
    MalformedJson,
    Unauthenticated,
)

LONGEST_BODY_BYTES: Final = 64 * 1024
MAX_QUOTED: Final = 100

_Struct = TypeVar("_Struct", bound=Struct)


@dataclass(frozen=True, slots=True)
class Content:
    """The query and the body of a request, decoded as its operation declares them."""

    query: Struct
    body: Struct | None

    @classmethod
    def of(cls, request: Request, operation: Operation) -> Self:
        """Decode both, or raise the errors of `read_query` and `read_body`."""
        query = request.to_original_event().get("multiValueQueryStringParameters")
        return cls(
            read_query(query or {}, operation.query),
            None if operation.body is None else read_body(_bytes(request), operation.body),
        )


@dataclass(frozen=True, slots=True)
class RequestContext:
    """A request of a signed-in user."""

    request: Request
    use_cases: UseCases
    user: User
    deadline: Deadline
    record: RequestRecord
    content: Content

    @property
    def media(self) -> MediaUseCases:
        return self.use_cases.media()

    def body(self, declared: type[_Struct]) -> _Struct:
        """Return the body, as the struct that the operation declares for it."""
        return _as_declared(self.content.body, declared)

    def query(self, declared: type[_Struct]) -> _Struct:
        """Return the query, as the struct that the operation declares for it."""
        return _as_declared(self.content.query, declared)

    def source_ip(self) -> str:
        """Return the caller's IP address, as API Gateway saw it."""
        return str(self.request.context["identity"]["sourceIp"])

    def api_address(self) -> str | None:
        """Return the URL that API Gateway serves this API at, or None without API Gateway.

        API Gateway states it with each request, so that no caller can choose it.
        """
        context = self.request.context
        route = str(context["resourcePath"]).format_map(self.request.uri_params or {})
        path = str(context["path"]).rstrip("/")
        if "domainName" not in context or not path.endswith(route):
            return None
        return f"https://{context['domainName']}{path.removesuffix(route)}"


@dataclass(frozen=True, slots=True)
class CallbackContext:
    """A request to a callback route, not yet verified.

    `register_callback` verifies it before the view runs.
    """

    request: Request
    use_cases: UseCases
    deadline: Deadline

    def raw_body(self) -> bytes:
        """Return the bytes that OpenTok signed."""
        return _bytes(self.request)

    def authorization(self) -> str | None:
        return authorization(self.request)


@dataclass(frozen=True, slots=True)
class VisitorContext:
    """A request of anybody for a page."""

    use_cases: UseCases
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class GuestContext:
    """A request of somebody without a bearer token, whose body has a code."""

    use_cases: UseCases
    deadline: Deadline
    record: RequestRecord
    content: Content

    def body(self, declared: type[_Struct]) -> _Struct:
        """Return the body, as the struct that the operation declares for it."""
        return _as_declared(self.content.body, declared)


@dataclass(frozen=True, slots=True)
class PublicContext:
    """A request of anybody, which touches no use case.

    Args:
        request: The request.
        features_off: The features that the operator has switched off.
    """

    request: Request
    features_off: Collection[Feature]

    def base_path(self, route: str) -> str:
        """Return the path that this API begins at, such as the stage's: `/api`.

        Args:
            route: The path of the route that was called, which has no parameters.
        """
        return str(self.request.context["path"]).rstrip("/").removesuffix(route) or "/"


def authorization(request: Request) -> str | None:
    """Return the value of the Authorization header, or None.

    API Gateway's `headers` keep only the last one of several, so the complete list is checked.

    Raises:
        Unauthenticated: The request has several such headers.
    """
    every = request.to_original_event().get("multiValueHeaders") or {}
    values = [
        value for name, each in every.items() if name.lower() == "authorization" for value in each
    ]
    if len(values) > 1:
        raise Unauthenticated("Send one Authorization header, not several.")
    return request.headers.get("authorization")


def _bytes(request: Request) -> bytes:
    try:
        raw = request.raw_body
    except ValueError as error:
        raise MalformedJson("The body is not valid JSON in UTF-8.") from error
    return raw.encode() if isinstance(raw, str) else raw


def _as_declared(content: Struct | None, declared: type[_Struct]) -> _Struct:
    if isinstance(content, declared):
        return content
    raise TypeError(f"This route's operation does not declare {declared.__name__}.")


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
            _EACH_NAME_ONCE.decode(text.decode())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedJson("The body is not valid JSON in UTF-8.") from error
    if not isinstance(content, dict):
        raise InvalidField(FieldProblem("body", "must be a JSON object"))
    return _convert(content, struct, strict=True)


def _check_names(pairs: Sequence[tuple[str, object]]) -> None:
    """Refuse an object that repeats a name.

    Raises:
        MalformedJson: The object repeats a name.
    """
    names = set[str]()
    for name, _ in pairs:
        if name in names:
            quoted = name[:MAX_QUOTED]
            raise MalformedJson(f'The body has "{quoted}" more than once in one object.')
        names.add(name)


_EACH_NAME_ONCE: Final = json.JSONDecoder(object_pairs_hook=_check_names)


def read_query(query: Mapping[str, Sequence[str]], struct: type[_Struct]) -> _Struct:
    """Return the query's parameters as `struct`.

    Raises:
        InvalidField: A parameter is given twice, or breaks a rule.
    """
    if not struct.__struct_fields__ and not struct.__struct_config__.forbid_unknown_fields:
        return struct()  # A lenient struct without fields accepts any query.
    for name, values in query.items():
        if len(values) != 1:
            raise InvalidField(FieldProblem(name[:MAX_QUOTED], "is given more than once"))
        if not is_valid_unicode(name + values[0]):
            raise InvalidField(FieldProblem("query", "must be valid Unicode"))
    return _convert({name: values[0] for name, values in query.items()}, struct, strict=False)


def _convert(content: Mapping[str, object], struct: type[_Struct], *, strict: bool) -> _Struct:
    unknown = sorted(content.keys() - set(struct.__struct_encode_fields__))
    if unknown and struct.__struct_config__.forbid_unknown_fields:
        raise InvalidField(*(FieldProblem(name[:MAX_QUOTED], NOT_KNOWN) for name in unknown))
    try:
        return msgspec.convert(content, struct, strict=strict)
    except msgspec.ValidationError as error:
        raise InvalidField(field_problem(str(error), struct)) from error
