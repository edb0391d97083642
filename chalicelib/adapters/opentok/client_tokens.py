"""Client tokens that come back: whether they are ours, for which session, and with which role."""

from collections.abc import Mapping
from typing import Any

import jwt

from chalicelib.adapters.opentok.sdk_client import Project, Projects
from chalicelib.core.model.user import Role
from chalicelib.core.ports.credentials import OpenTokCredentials
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import Unauthenticated


class OpenTokClientTokens:
    """Verifies tokens as OpenTok does when a client connects."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects

    def role(self, token: str, session_id: str, deadline: Deadline) -> Role:
        try:
            claims = _claims(token, self._projects.current(deadline))
            if claims["session_id"] == session_id and claims.get("scope") == "session.connect":
                return Role(claims["role"])
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise _refused(type(error).__name__) from error
        raise _refused("of another session, or of no session")


def _claims(token: str, project: Project) -> Mapping[str, Any]:
    client = project.client
    required = ["exp", "session_id", "role"]
    claims: dict[str, Any]
    if isinstance(project.credentials, OpenTokCredentials):
        claims = jwt.decode(
            token,
            client.api_secret,
            algorithms=["HS256"],
            issuer=client.api_key,
            options={"require": required, "verify_aud": False},
        )
        return claims
    claims = jwt.decode(
        token,
        client.api_secret.public_key(),
        algorithms=["RS256"],
        options={"require": [*required, "application_id"], "verify_aud": False},
    )
    if claims["application_id"] != client.api_key:
        raise jwt.InvalidIssuerError("of another application")
    return claims


def _refused(note: str) -> Unauthenticated:
    return Unauthenticated("Send the client token that this session's room gave you.", note=note)
