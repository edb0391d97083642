"""The greeting of `make run`: what runs, and what to do next."""

import json
from typing import Any

from local.bearer import fetch_bearer
from local.first_token import PATH, USER, FirstToken
from local.network.invitation import USER as PHONE
from local.network.invitation import invitation
from local.ports import Ports
from local.providers.issuer import Issuer
from local.providers.provider import Provider


def greeting(
    first: FirstToken | None, ports: Ports, provider: Provider, issuer: Issuer, seconds: float
) -> str:
    """Return the greeting: addresses, the first token and its claims, and commands for more.

    There is no first token where the issuer is the user's own. `seconds` is the duration of the
    start.
    """
    opentok = f"{ports.opentok_url}   " if not provider.real else ""
    sign_in = _own_sign_in(ports, issuer) if first is None else _sign_in(first, ports, provider)
    phones = "" if ports.network is None else _phones(ports, provider, issuer)
    return f"""\
Roomkey is running, {seconds:.1f} s after the start.

  app       {ports.app_url}
  OpenTok   {opentok}{provider.name}
  identity  {issuer.url}{"   your own" if issuer.own else ""}
  AWS       {ports.aws_url}   stand-in

{sign_in}
{phones}\
Features that cost money are on here. Most are off in a deployed stage (docs/deploying.md).
{_sample_apps(ports, issuer)}
All state is in memory and is lost at the end. Ctrl-C stops everything.
Below is the service's log: one JSON line for each request or scheduled run.
"""


def _sign_in(first: FirstToken, ports: Ports, provider: Provider) -> str:
    claims = provider.verified_claims(first.answer["token"])
    return f"""\
POST {PATH} as {USER}: 201 in {first.milliseconds:.0f} ms
{_indented(first.answer)}

The token's claims, after a check of its signature:
{_indented(claims)}

See a call in a browser: {ports.page_url}
or ask for a token in another terminal:

curl -sS -X POST {ports.app_url}{PATH} -H 'Authorization: Bearer {first.bearer}'

A bearer token for another user: make -s token USER=bob{ports.make_arguments}"""


def _own_sign_in(ports: Ports, issuer: Issuer) -> str:
    return f"""\
{issuer.instead}

See a call in a browser: {ports.page_url}
or ask for a token in another terminal, with your bearer token in BEARER:

curl -sS -X POST {ports.app_url}{PATH} -H "Authorization: Bearer $BEARER"
"""


def _phones(ports: Ports, provider: Provider, issuer: Issuer) -> str:
    bearer = None if issuer.own else fetch_bearer(ports, PHONE)
    return f"\n{invitation(ports, provider, bearer)}\n"


def _sample_apps(ports: Ports, issuer: Issuer) -> str:
    if issuer.own:
        return "Sample apps need bearer tokens of the stand-in, so they get nothing here."
    return f"Sample apps need no bearer token (docs/sample-apps.md): {ports.app_url}/session"


def _indented(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2)
