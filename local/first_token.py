"""A proof that the stack works: a first token, obtained as any app obtains one."""

import json
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from local.bearer import fetch_bearer
from local.ports import Ports, StartError
from local.provider import Provider
from stand_ins.http.direct_session import direct_session

_USER = "alice"
_PATH = "/rooms/hello/tokens"


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
    bearer = fetch_bearer(ports, _USER, admin=as_admin)
    with direct_session() as http:
        started = time.perf_counter()
        answer = http.post(
            f"{ports.app_url}{_PATH}", headers={"Authorization": f"Bearer {bearer}"}, timeout=30
        )
        milliseconds = (time.perf_counter() - started) * 1000
    if answer.status_code != HTTPStatus.CREATED:
        raise StartError(f"No first token: {answer.status_code}\n{answer.text}")
    return FirstToken(bearer, answer.json(), milliseconds)


def greeting(first: FirstToken, ports: Ports, provider: Provider, seconds: float) -> str:
    """Return the greeting: addresses, the token, its claims, and a command for another one."""
    claims = provider.verified_claims(first.answer["token"])
    opentok = f"{ports.opentok_url}   " if not provider.real else ""
    return f"""\
Roomkey is running, {seconds:.1f} s after the start.

  app       {ports.app_url}
  OpenTok   {opentok}{provider.name}
  identity  {ports.identity_url}
  AWS       {ports.aws_url}   stand-in

POST {_PATH} as {_USER}: 201 in {first.milliseconds:.0f} ms
{_indented(first.answer)}

The token's claims, after a check of its signature:
{_indented(claims)}

Try it in a browser: {ports.page_url}
or in another terminal:

curl -sS -X POST {ports.app_url}{_PATH} -H 'Authorization: Bearer {first.bearer}'

A bearer token for another user: make -s token USER=bob{ports.make_arguments}
Features that cost money are on here. Most are off in a deployed stage (docs/deploying.md).
Sample apps need no bearer token (docs/sample-apps.md): {ports.app_url}/session
All state is in memory and is lost at the end. Ctrl-C stops everything.
"""


def _indented(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2)
