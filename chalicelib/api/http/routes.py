"""Collections of declared routes, which need no web framework until they are mounted."""

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import NotRequired, TypedDict, TypeVar, Unpack

from msgspec import Struct

from chalicelib.api.http.operations import SIGNED_IN, Access, Errors, Operation, Route, View
from chalicelib.core.model.media import Feature

_View = TypeVar("_View", bound=View)


class Declaration(TypedDict):
    """The fields of an `Operation`."""

    summary: str
    returns: Mapping[HTTPStatus, type[Struct] | None]
    description: NotRequired[str]
    query: NotRequired[type[Struct]]
    body: NotRequired[type[Struct] | None]
    raises: NotRequired[Errors]


class Routes:
    """The routes of one resource, in the order of their declaration.

    A route is for signed-in users unless another access is given.

    Args:
        tag: The name of the resource in the API's reference.
        feature: The feature that all of the routes belong to, if the operator can switch them off.
    """

    def __init__(self, *, tag: str, feature: Feature | None = None) -> None:
        self._tag = tag
        self._feature = feature
        self._routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def get(
        self, path: str, access: Access = SIGNED_IN, **declaration: Unpack[Declaration]
    ) -> Callable[[_View], _View]:
        return self._declare("GET", path, access, Operation(**declaration))

    def post(
        self, path: str, access: Access = SIGNED_IN, **declaration: Unpack[Declaration]
    ) -> Callable[[_View], _View]:
        return self._declare("POST", path, access, Operation(**declaration))

    def put(
        self, path: str, access: Access = SIGNED_IN, **declaration: Unpack[Declaration]
    ) -> Callable[[_View], _View]:
        return self._declare("PUT", path, access, Operation(**declaration))

    def patch(
        self, path: str, access: Access = SIGNED_IN, **declaration: Unpack[Declaration]
    ) -> Callable[[_View], _View]:
        return self._declare("PATCH", path, access, Operation(**declaration))

    def delete(
        self, path: str, access: Access = SIGNED_IN, **declaration: Unpack[Declaration]
    ) -> Callable[[_View], _View]:
        return self._declare("DELETE", path, access, Operation(**declaration))

    def add(
        self,
        method: str,
        path: str,
        view: View,
        operation: Operation,
        *,
        name: str,
        access: Access = SIGNED_IN,
        feature: Feature | None = None,
    ) -> None:
        """Declare a route whose view is known by another name, or that has its own feature."""
        of_feature = feature or self._feature
        self._routes.append(
            Route(method, path, self._tag, name, view, access, operation, of_feature)
        )

    def _declare(
        self, method: str, path: str, access: Access, operation: Operation
    ) -> Callable[[_View], _View]:
        def declare(view: _View) -> _View:
            self.add(method, path, view, operation, name=view.__name__, access=access)
            return view

        return declare
