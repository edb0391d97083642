"""The public API, called as any app calls it: over HTTP, with a bearer token."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import requests

from local.sample_apps.refusal import Refusal
from stand_ins.http.direct_session import direct_session

Json = dict[str, Any]

_ADMIN: Final = "sample-apps"
"""The user who makes the rooms; an admin, who moderates every room."""
_SECONDS: Final = 10.0


class PublicApi:
    """A client of the API with bearer tokens that the local identity provider signs.

    Every method raises `Refusal` if the API refuses, or does not answer.

    Args:
        url: The API's address.
        identity_url: The address of the identity provider that the API trusts.
    """

    def __init__(self, url: str, identity_url: str) -> None:
        self._url = url
        self._identity_url = identity_url

    def call(self, method: str, path: str, body: object = None, user: str = _ADMIN) -> Json:
        """Return the answer's body, or `{}` if it is empty."""
        answer = self._answer(method, path, body, user)
        content: Json = answer.json() if answer.content else {}
        return content

    def location(self, path: str) -> str:
        """Return the address that the API redirects to."""
        return str(self._answer("GET", path, None, _ADMIN).headers["Location"])

    def _answer(self, method: str, path: str, body: object, user: str) -> requests.Response:
        try:
            with direct_session() as http:
                wanted = {"sub": user, "admin": user == _ADMIN}
                signed = http.post(f"{self._identity_url}/token", json=wanted, timeout=_SECONDS)
                if signed.status_code == HTTPStatus.CONFLICT:
                    raise Refusal.of(HTTPStatus.CONFLICT, "no_bearer_tokens", signed.text)
                signed.raise_for_status()
                answer = http.request(
                    method,
                    f"{self._url}{path}",
                    headers={"Authorization": f"Bearer {signed.json()['token']}"},
                    json=body,
                    timeout=_SECONDS,
                    allow_redirects=False,
                )
        except requests.RequestException as error:
            raise Refusal.of(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "local_stack_unavailable",
                f"A part of the local stack does not answer ({type(error).__name__}).",
            ) from error
        if answer.ok:
            return answer
        raise Refusal(answer.status_code, answer.json(), answer.headers.get("Retry-After"))


def room_path(room: str) -> str:
    return f"/rooms/{quote(room, safe='')}"
