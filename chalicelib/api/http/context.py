"""Requests as views see them."""

from dataclasses import dataclass
from typing import Self, TypeVar

from chalice.app import Request
from msgspec import Struct

from chalicelib.api.http.decoding import read_body, read_query
from chalicelib.api.http.operations import Operation
from chalicelib.api.http.request_log import RequestRecord
from chalicelib.core.model.user import User
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.use_cases import MediaUseCases, UseCases
from chalicelib.errors import MalformedJson, Unauthenticated

_Struct = TypeVar("_Struct", bound=Struct)


@dataclass(frozen=True, slots=True)
class Content:
    """What a request brings: its query and its body, read as the operation declares them."""

    query: Struct
    body: Struct | None

    @classmethod
    def of(cls, request: Request, operation: Operation) -> Self:
        """Read them, or raise as `read_query` and `read_body` say."""
        query = request.to_original_event().get("multiValueQueryStringParameters")
        return cls(
            read_query(query or {}, operation.query),
            None if operation.body is None else read_body(_bytes(request), operation.body),
        )


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a known user."""

    request: Request
    use_cases: UseCases
    user: User
    deadline: Deadline
    line: RequestRecord
    content: Content

    @property
    def media(self) -> MediaUseCases:
        return self.use_cases.media()

    def body(self, declared: type[_Struct]) -> _Struct:
        """The body, as the struct that the operation declares for it."""
        return _as_declared(self.content.body, declared)

    def query(self, declared: type[_Struct]) -> _Struct:
        """The query, likewise."""
        return _as_declared(self.content.query, declared)

    def source_ip(self) -> str:
        """The caller's address, as API Gateway saw it."""
        return str(self.request.context["identity"]["sourceIp"])

    def api_address(self) -> str | None:
        """Where API Gateway serves this API; None where there is no API Gateway.

        Its own word for where the request came in, which no caller can choose.
        """
        context = self.request.context
        route = str(context["resourcePath"]).format_map(self.request.uri_params or {})
        path = str(context["path"]).rstrip("/")
        if "domainName" not in context or not path.endswith(route):
            return None
        return f"https://{context['domainName']}{path.removesuffix(route)}"


@dataclass(frozen=True, slots=True)
class Told:
    """One request by which the platform tells something."""

    request: Request
    use_cases: UseCases
    deadline: Deadline

    def raw_body(self) -> bytes:
        """The very bytes that were signed."""
        return _bytes(self.request)

    def authorization(self) -> str | None:
        return authorization(self.request)


def authorization(request: Request) -> str | None:
    """The Authorization header's value, if there is one such header.

    API Gateway's `headers` hold the last of several, so all of them are looked at.
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
