"""Routes for callbacks: their verification, and when OpenTok repeats them.

Verification is strict: the signature and the project must match. Parsing is lenient, because an
event with missing or unusual fields is still worth recording. OpenTok repeats a callback for
24 hours until it gets a 200.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from chalicelib import errors
from chalicelib.api.http.decoding import CallbackContext
from chalicelib.api.http.operations import (
    SECRET_PATH_CALLBACK,
    SIGNED_CALLBACK,
    Errors,
    Operation,
)
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.core.model.media import Feature

CallbackView = Callable[[CallbackContext, bytes], Response]
"""A function that handles the body of a verified callback."""


def register_callback(
    routes: Routes,
    kind: str,
    view: CallbackView,
    *,
    subject: str,
    raises: Errors,
    feature: Feature | None = None,
) -> None:
    """Declare both routes of a kind of callback: with a signature, and with a secret in the path.

    Args:
        routes: The collection to declare them in.
        kind: The kind's name, in the path and in the name of its signature secret.
        view: Called after the callback has been verified.
        subject: What the callback reports, for the API's reference.
        raises: The errors of the view, without `SessionUnknown`, which each one may raise.
        feature: The feature that the callback reports on. The routes work where it is off, too.
    """
    operation = Operation(
        summary=f"Receive {subject} from OpenTok",
        description="OpenTok repeats the callback for 24 hours until it gets a 200.",
        returns={HTTPStatus.OK: None},
        raises=(errors.SessionUnknown, *raises),
    )

    def signed(context: CallbackContext) -> Response:
        body = context.raw_body()
        verifier = context.use_cases.callbacks
        verifier.check(kind, context.authorization(), body, context.deadline)
        return view(context, body)

    def unsigned(context: CallbackContext, secret: str) -> Response:
        context.use_cases.callbacks.check_path(secret)
        return view(context, context.raw_body())

    path = f"/callbacks/{kind}"
    routes.add(
        "POST",
        path,
        signed,
        operation,
        name=f"{kind}_event",
        access=SIGNED_CALLBACK,
        feature=feature,
    )
    routes.add(
        "POST",
        f"{path}/{{secret}}",
        unsigned,
        operation,
        name=f"unsigned_{kind}_event",
        access=SECRET_PATH_CALLBACK,
        feature=feature,
    )


def check_project(context: CallbackContext, owners: Collection[str]) -> None:
    """Refuse a callback that names another project than ours.

    Raises:
        Unauthenticated: The callback names another project.
    """
    if owners and context.use_cases.platform.project_id(context.deadline) not in owners:
        raise errors.Unauthenticated("This callback belongs to another project.")


@contextmanager
def retry_if_refused() -> Iterator[None]:
    """Have OpenTok repeat the callback if it refuses to disconnect a rejected client.

    Raises:
        ProviderUnavailable: OpenTok refused. Its 502 becomes a 503 with `Retry-After`.
    """
    try:
        yield
    except errors.ProviderRefused as refusal:
        raise errors.ProviderUnavailable(
            "A client could not be disconnected; please redeliver.",
            note=refusal.note,
            retry_after=5,
        ) from refusal
