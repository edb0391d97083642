"""The client tokens in calls that let OpenTok itself connect to a session."""

from collections.abc import Collection
from http import HTTPStatus

from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.rest_errors import RestError
from stand_ins.opentok.sessions.live_session import Session
from stand_ins.opentok.sessions.participants import Connection
from stand_ins.opentok.tokens.client_tokens import ROLES, ClientToken, verify_client_token
from stand_ins.opentok.tokens.token_errors import TokenRefusedError


def check_presented_token(
    token: str,
    session: Session,
    known: KnownCredentials,
    now: float,
    roles: Collection[str] = ROLES,
) -> ClientToken:
    """Return the token's content after the checks of a connection, for this session and a role.

    Raises:
        RestError: 400, as for any other invalid parameter; OpenTok does not document its answer
            to such a token.
    """
    try:
        genuine = verify_client_token(token, known, now)
    except TokenRefusedError as error:
        raise RestError(f"Invalid token: {error}", HTTPStatus.BAD_REQUEST) from error
    if (genuine.key, genuine.session_id) != (session.key, session.session_id):
        raise RestError("Invalid token: it is another session's", HTTPStatus.BAD_REQUEST)
    if genuine.role not in roles:
        raise RestError(f"Invalid token: its role is {genuine.role}", HTTPStatus.BAD_REQUEST)
    return genuine


def connect_by_token(session: Session, token: ClientToken, now: float) -> Connection:
    return session.connect(token.role, token.data, token.layout_classes, now)
