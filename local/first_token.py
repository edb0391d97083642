"""A proof that the stack works: a first token, obtained as any app obtains one."""

import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from local.bearer import fetch_bearer
from local.ports import Ports, StartError
from stand_ins.http.direct_session import direct_session

USER = "alice"
PATH = "/rooms/hello/tokens"


@dataclass(frozen=True)
class FirstToken:
    bearer: str = field(repr=False)
    answer: dict[str, Any] = field(repr=False)
    milliseconds: float


def obtain_first_token(ports: Ports, *, as_admin: bool) -> FirstToken:
    """Sign in and ask for a token.

    Raises:
        StartError: The answer is no token.
    """
    bearer = fetch_bearer(ports, USER, admin=as_admin)
    with direct_session() as http:
        started = time.perf_counter()
        answer = http.post(
            f"{ports.app_url}{PATH}", headers={"Authorization": f"Bearer {bearer}"}, timeout=30
        )
        milliseconds = (time.perf_counter() - started) * 1000
    if answer.status_code != HTTPStatus.CREATED:
        raise StartError(f"No first token: {answer.status_code}\n{answer.text}")
    return FirstToken(bearer, answer.json(), milliseconds)
