"""A proof that the stack works: a first token, obtained as any app obtains one."""

import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import requests

from chalicelib.errors import ProviderRefused, ProviderUnavailable
from local.bearer import fetch_bearer
from local.ports import Ports, StartError
from local.providers.provider import Provider
from stand_ins.http.direct_session import direct_session

USER = "alice"
PATH = "/rooms/hello/tokens"


@dataclass(frozen=True)
class FirstToken:
    bearer: str = field(repr=False)
    answer: dict[str, Any] = field(repr=False)
    milliseconds: float


class ProviderFailsError(StartError):
    """OpenTok gives no session. The text says all that the user needs."""


def obtain_first_token(ports: Ports, provider: Provider, *, as_admin: bool) -> FirstToken:
    """Sign in and ask for a token.

    Raises:
        ProviderFailsError: OpenTok refuses the credentials, or does not answer.
        StartError: The answer is no token.
    """
    bearer = fetch_bearer(ports, USER, admin=as_admin)
    with direct_session() as http:
        started = time.perf_counter()
        answer = http.post(
            f"{ports.app_url}{PATH}", headers={"Authorization": f"Bearer {bearer}"}, timeout=30
        )
        milliseconds = (time.perf_counter() - started) * 1000
    if provider.real:
        _check_provider(answer, provider)
    if answer.status_code != HTTPStatus.CREATED:
        raise StartError(f"No first token: {answer.status_code}\n{answer.text}")
    return FirstToken(bearer, answer.json(), milliseconds)


def _check_provider(answer: requests.Response, provider: Provider) -> None:
    try:
        code = answer.json()["code"]
    except (ValueError, LookupError, TypeError):
        return
    if code in {ProviderRefused.code, ProviderUnavailable.code}:
        raise provider_failure(provider, refused=code == ProviderRefused.code)


def provider_failure(provider: Provider, *, refused: bool) -> ProviderFailsError:
    """Return the error for credentials that were refused, or could not be tried."""
    if refused:
        return ProviderFailsError(
            f"{provider.name} does not accept these credentials: check {provider.variables}."
        )
    return ProviderFailsError(
        f"{provider.name} cannot be reached: check this machine's network, and HTTPS_PROXY "
        "behind a proxy. The credentials were not tried."
    )
