"""What OpenTok tells by itself: signed, and answered with 200 once it is written down.

Trust is strict: who signed it, and whose project it is of. Reading is lenient: what is missing or
unusual in an event is no reason to lose it. Whatever is not 200 OpenTok repeats, for 24 hours.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from chalice import Blueprint

from chalicelib import errors
from chalicelib.api.callbacks.session_events import SessionEvent, read_event
from chalicelib.api.http.context import Told
from chalicelib.api.http.operations import PLATFORM_BY_PATH, Operation, Problems
from chalicelib.api.http.responses import Answer
from chalicelib.api.http.router import Router
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment
from chalicelib.core.support.timestamps import utc_now
from chalicelib.core.use_cases import UseCases

Followed = Callable[[Told, bytes], Answer]


def callback_routes(edge: Router) -> Blueprint:
    """Session monitoring."""
    routes = Blueprint(__name__)
    register_callback(
        edge,
        routes,
        "session",
        news="session monitoring events",
        problems=(errors.ProviderUnavailable,),
        followed=_followed,
    )
    return routes


def register_callback(
    edge: Router, routes: Blueprint, kind: str, *, news: str, problems: Problems, followed: Followed
) -> None:
    """Register the two places where a kind of callback comes to: signed, and by a secret path.

    Args:
        edge: Registers them.
        routes: Where to.
        kind: Its name in the path, and in the secret that it is signed with.
        news: What it tells of, for the reference.
        problems: What following it may raise beside that its session is not known yet.
        followed: Writes down what a body says that is OpenTok's for sure.
    """
    operation = Operation(
        summary=f"Take OpenTok's {news}",
        description="OpenTok repeats for 24 hours what is not answered with 200.",
        answers={HTTPStatus.OK: None},
        problems=(errors.SessionUnknown, *problems),
    )

    def signed(told: Told) -> Answer:
        body = told.raw_body()
        told.use_cases.callbacks.check(kind, told.authorization(), body, told.deadline)
        return followed(told, body)

    def unsigned(told: Told, secret: str) -> Answer:
        told.use_cases.callbacks.check_path(secret)
        return followed(told, told.raw_body())

    path = f"/callbacks/{kind}"
    signed.__name__, unsigned.__name__ = f"{kind}_event", f"unsigned_{kind}_event"
    edge.told_by_platform(routes, "POST", path, operation)(signed)
    by_path = f"{path}/{{secret}}"
    edge.told_by_platform(routes, "POST", by_path, operation, PLATFORM_BY_PATH)(unsigned)


def check_owners(told: Told, owners: Collection[str]) -> None:
    """Raises: Unauthenticated: It says whose it is, and that is not us."""
    if owners and told.use_cases.platform.project_id(told.deadline) not in owners:
        raise errors.Unauthenticated("This callback is of another project.")


@contextmanager
def told_again() -> Iterator[None]:
    """Have OpenTok tell it again where somebody who must leave could not be disconnected.

    Raises:
        ProviderUnavailable: For whichever reason: to OpenTok, who asks, it is all the same.
    """
    try:
        yield
    except errors.ProviderRefused as refusal:
        raise errors.ProviderUnavailable(
            "Somebody could not be disconnected; tell it again.",
            note=refusal.note,
            retry_after=5,
        ) from refusal


def _followed(told: Told, body: bytes) -> Answer:
    event = read_event(body, utc_now())
    if event is None:
        increment("CallbacksNotUnderstood")
        return Answer(HTTPStatus.OK)
    check_owners(told, event.owners)
    increment(event.metric)
    if event.connection_id is not None:
        with told_again():
            _follow(told.use_cases, event, told.deadline)
    return Answer(HTTPStatus.OK)


def _follow(use_cases: UseCases, event: SessionEvent, deadline: Deadline) -> None:
    follow = use_cases.session_tracker
    session = follow.find(event.session_id, deadline)
    connection, stream, connection_id = event.connection, event.stream, event.connection_id
    if session is None or connection_id is None:
        return
    match event.name:
        case "connectionCreated" if connection is not None:
            follow.on_connected(session, connection, deadline)
        case "connectionDestroyed":
            follow.on_disconnected(session, connection_id, utc_now(), deadline)
        case "streamCreated" if stream is not None:
            follow.on_stream_created(session, connection_id, stream, deadline)
        case "streamDestroyed" if stream is not None:
            follow.on_stream_destroyed(session, connection_id, stream.id, deadline)
