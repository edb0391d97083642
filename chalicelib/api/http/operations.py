"""What each route takes and gives: declared where the route is, served and documented by that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Self

from msgspec import Struct

from chalicelib import errors
from chalicelib.api.rooms.requests import NoQuery
from chalicelib.core.model.room import api_name

Problems = tuple[type[errors.RoomkeyError], ...]

MEMBER_ERRORS: Final[Problems] = (errors.RoomNotFound, errors.Banned)
"""Of routes that read a room."""
MODERATOR_ERRORS: Final[Problems] = (*MEMBER_ERRORS, errors.NotAModerator)
"""Of routes that only a room's moderators may use."""
PROVIDER_ERRORS: Final[Problems] = (errors.ProviderRefused, errors.ProviderUnavailable)
"""Of routes that ask OpenTok for something."""
MEDIA_ERRORS: Final[Problems] = (
    *MODERATOR_ERRORS,
    errors.RoomClosed,
    errors.NotRouted,
    errors.EncryptedRoom,
    errors.NobodyConnected,
    *PROVIDER_ERRORS,
)
"""The errors of routes that need OpenTok to process a room's media."""
MEDIA_START_ERRORS: Final[Problems] = (*MEDIA_ERRORS, errors.StartUnconfirmed)
"""The errors of routes that start an archive, a broadcast, captions, a render or a call."""
ADMISSION_ERRORS: Final[Problems] = (
    errors.RoomClosed,
    errors.NotAMember,
    errors.Banned,
    errors.RoomNotOpen,
    errors.RoomLocked,
    errors.RoomFull,
    errors.RoleNotAllowed,
)
"""Of routes that let people in."""
_BODY_ERRORS: Final[Problems] = (errors.MalformedJson, errors.BodyTooLarge, errors.InvalidField)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a route takes and gives.

    Args:
        summary: What it does, in a line.
        description: What is to be known beyond that.
        query: The query's parameters.
        body: The JSON body; where there is none, what is sent is not looked at.
        answers: The successful statuses, each with its JSON body, or None for an empty one.
        problems: The errors of this route. Those of every route of its kind, and those of
            reading query and body, need no mention.
    """

    summary: str
    answers: Mapping[HTTPStatus, type[Struct] | None]
    description: str = ""
    query: type[Struct] = NoQuery
    body: type[Struct] | None = None
    problems: Problems = ()


@dataclass(frozen=True, slots=True)
class Access:
    """A kind of routes: who may call them.

    Args:
        scheme: What proves who calls, by its name in the document's security schemes.
        problems: What each route of the kind may answer with.
    """

    scheme: str | None
    problems: Problems


ANYBODY: Final = Access(None, (errors.Internal,))
SIGNED_IN: Final = Access(
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
PLATFORM: Final = Access(
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
PLATFORM_BY_PATH: Final = Access(None, PLATFORM.problems)
"""As above, for callbacks that a secret path vouches for."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route as it was registered.

    Args:
        topic: The module it is declared in, and the name: that of its view.
    """

    method: str
    path: str
    topic: str
    name: str
    access: Access
    operation: Operation

    @classmethod
    def of(
        cls,
        method: str,
        path: str,
        view: Callable[..., object],
        access: Access,
        operation: Operation,
    ) -> Self:
        topic = view.__module__.rpartition(".")[2]
        return cls(method, path, topic, view.__name__, access, operation)

    @property
    def operation_id(self) -> str:
        return api_name(self.name)

    @property
    def problems(self) -> Problems:
        """All errors that it may answer with, each once."""
        of_body = () if self.operation.body is None else _BODY_ERRORS
        return tuple(dict.fromkeys((*self.access.problems, *of_body, *self.operation.problems)))
