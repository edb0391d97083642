"""Declarations of routes: one record serves a route, checks its requests and documents it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from http import HTTPStatus
from typing import Final

from msgspec import Struct

from chalicelib import errors
from chalicelib.api.http.fields import NoQuery
from chalicelib.api.http.responses import Response
from chalicelib.core.model.media import Feature
from chalicelib.core.model.room import api_name

Errors = tuple[type[errors.RoomkeyError], ...]
View = Callable[..., Response]
"""A function that is called as `view(context, **path_parameters)`."""

MEMBER_ERRORS: Final[Errors] = (errors.RoomNotFound, errors.Banned)
"""Errors of routes that read a room."""
MODERATOR_ERRORS: Final[Errors] = (*MEMBER_ERRORS, errors.NotAModerator)
"""Errors of routes that only a room's moderators may use."""
PROVIDER_ERRORS: Final[Errors] = (errors.ProviderRefused, errors.ProviderUnavailable)
"""Errors of routes that call OpenTok."""
MEDIA_ERRORS: Final[Errors] = (
    *MODERATOR_ERRORS,
    errors.FeatureDisabled,
    errors.RoomClosed,
    errors.NotRouted,
    errors.EncryptedRoom,
    errors.NobodyConnected,
    *PROVIDER_ERRORS,
)
"""Errors of routes that need OpenTok to process a room's media."""
MEDIA_START_ERRORS: Final[Errors] = (*MEDIA_ERRORS, errors.StartUnconfirmed)
"""Errors of routes that start an archive, a broadcast, captions, a render or a call."""
ADMISSION_ERRORS: Final[Errors] = (
    errors.RoomClosed,
    errors.NotAMember,
    errors.Banned,
    errors.RoomNotOpen,
    errors.RoomLocked,
    errors.RoomFull,
    errors.RoleNotAllowed,
    errors.QuotaExceeded,
)
"""Errors of routes that admit a user to a room."""
WAITING_ERRORS: Final[Errors] = (errors.TurnedAway, errors.WaitingRoomFull)
"""Errors of routes that may keep a user waiting, besides `MustWait`."""
GUEST_SCHEME: Final = "guest"
"""The scheme of a guest's Authorization header, `Guest CODE.KEY`."""
_BODY_ERRORS: Final[Errors] = (errors.MalformedJson, errors.BodyTooLarge, errors.InvalidField)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """The input and output of a route.

    Args:
        summary: Its purpose, in one line.
        returns: The successful statuses, each with its JSON body, or None for an empty body.
        description: Further facts that a caller needs.
        query: The parameters of the query.
        body: The JSON body. Without one, the request's body is ignored.
        raises: The errors of this route alone. The errors of its access, and those of reading
            query and body, are added.
    """

    summary: str
    returns: Mapping[HTTPStatus, type[Struct] | None]
    description: str = ""
    query: type[Struct] = NoQuery
    body: type[Struct] | None = None
    raises: Errors = ()


class Caller(Enum):
    """The kinds of callers, each with a context of its own for the views."""

    ANYBODY = auto()
    VISITOR = auto()
    GUEST = auto()
    USER = auto()
    OPENTOK = auto()


@dataclass(frozen=True, slots=True)
class Access:
    """The guard of a route.

    Args:
        caller: Who may call it.
        scheme: The name of what proves it, among the security schemes of the API's reference.
        raises: The errors of every route with this guard.
        guests: True if guests who are invited as moderators may call it too.
        any_guest: True if guests need no such invitation.
    """

    caller: Caller
    scheme: str | None
    raises: Errors
    guests: bool = False
    any_guest: bool = False

    @property
    def schemes(self) -> tuple[str, ...]:
        """The names of all that proves who calls, each of which suffices."""
        own = () if self.scheme is None else (self.scheme,)
        return (*own, GUEST_SCHEME) if self.guests else own


PUBLIC: Final = Access(Caller.ANYBODY, None, (errors.Internal,))
VISITOR: Final = Access(
    Caller.VISITOR, None, (errors.NotConfigured, errors.StoreUnavailable, errors.Internal)
)
"""The guard of pages, which need no bearer token, and touch use cases."""
BY_CODE: Final = Access(
    Caller.GUEST,
    None,
    (errors.InvalidField, errors.NotConfigured, errors.StoreUnavailable, errors.Internal),
)
"""The guard of what guests do, who have no bearer token. The code in the body is their proof."""
SIGNED_IN: Final = Access(
    Caller.USER,
    "bearer",
    (
        errors.Unauthenticated,
        errors.InvalidField,
        errors.IdentityUnavailable,
        errors.NotConfigured,
        errors.StoreUnavailable,
        errors.Internal,
    ),
)
FOR_MODERATORS: Final = replace(SIGNED_IN, guests=True)
"""The guard of what moderators do in a call. Some are guests, who prove it by code and key."""
FOR_PARTICIPANTS: Final = replace(FOR_MODERATORS, any_guest=True)
"""The guard of what all do who are in a call, guests among them."""
SIGNED_CALLBACK: Final = Access(
    Caller.OPENTOK,
    "callback",
    (
        errors.MalformedJson,
        errors.Unauthenticated,
        errors.CallbackUnsigned,
        errors.NotConfigured,
        errors.StoreUnavailable,
        errors.Internal,
    ),
)
SECRET_PATH_CALLBACK: Final = Access(Caller.OPENTOK, None, SIGNED_CALLBACK.raises)
"""The guard of callbacks that prove their origin by a secret in the path."""


@dataclass(frozen=True, slots=True)
class Route:
    """A declared route.

    Args:
        method: The HTTP method.
        path: The path, with its parameters in braces.
        tag: The resource that it belongs to in the API's reference.
        name: The name of its view, which gives the operation id.
        view: Called with the context of its access, and the path's parameters.
        access: Its guard.
        operation: Its input and output.
        feature: The feature that it belongs to. A stage that has switched the feature off leaves
            the route out of its description.
    """

    method: str
    path: str
    tag: str
    name: str
    view: View
    access: Access
    operation: Operation
    feature: Feature | None = None

    @property
    def operation_id(self) -> str:
        return api_name(self.name)

    @property
    def raises(self) -> Errors:
        """All errors that the route may answer with, each once."""
        of_body = () if self.operation.body is None else _BODY_ERRORS
        return tuple(dict.fromkeys((*self.access.raises, *of_body, *self.operation.raises)))
