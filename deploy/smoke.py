"""Step 5: a smoke test of the deployed URL."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import requests

from chalicelib import VERSION
from deploy.errors import DeployError

_TIMEOUT_SECONDS: Final = 15.0
_PAUSE_SECONDS: Final = 2.0


class SmokeTest:
    """A test that calls the deployed service like an app.

    Args:
        url: The API's address, ending in a slash.
        say: Prints a line for each successful check.
        patience_seconds: The time limit until a new address answers.
    """

    def __init__(
        self, url: str, say: Callable[[str], None], patience_seconds: float = 60.0
    ) -> None:
        self._url = url
        self._say = say
        self._patience_seconds = patience_seconds

    def run(self, bearer: str | None, *, call_page: bool) -> None:
        """Check health and a refusal. With a bearer token, also request a client token.

        Args:
            bearer: A user's bearer token, if there is one.
            call_page: True if the stage serves the call page, which is then checked too.

        Raises:
            DeployError: The service gave an unexpected answer.
        """
        with requests.Session() as http:
            self._await_health(http)
            self._check_refusal(http)
            if call_page:
                self._check_call_page(http)
            if bearer:
                self._check_token(http, bearer)
            else:
                self._say("token: not checked; set BEARER to a user's access token to check it")

    def _await_health(self, http: requests.Session) -> None:
        deadline = time.monotonic() + self._patience_seconds
        while (found := self._health(http)) != VERSION:
            if time.monotonic() > deadline:
                raise DeployError(
                    f"GET {self._url}health: {found}, expected version {VERSION}.", _SEE_THE_LOG
                )
            time.sleep(_PAUSE_SECONDS)
        self._say(f"health: 200, version {VERSION}")

    def _health(self, http: requests.Session) -> str:
        """Return the version that answers, or a description of another answer."""
        try:
            answer = http.get(f"{self._url}health", timeout=_TIMEOUT_SECONDS)
        except requests.RequestException as error:
            return type(error).__name__
        if answer.status_code != HTTPStatus.OK:
            return f"{answer.status_code} {answer.text[:200]}"
        return str(answer.json()["version"])

    def _check_refusal(self, http: requests.Session) -> None:
        path = "rooms/smoke-test/tokens"
        answer = self._send(http, "POST", path)
        if answer.status_code != HTTPStatus.UNAUTHORIZED or _code(answer) != "unauthenticated":
            raise _unexpected("POST", path, answer, "401 unauthenticated")
        self._say("a join without an access token: 401 unauthenticated")

    def _check_call_page(self, http: requests.Session) -> None:
        """Fetch the page and its first module, as the browser of a guest does."""
        for path, kind in (("call", "text/html"), ("call/page.js", "text/javascript")):
            answer = self._send(http, "GET", path)
            found = answer.headers.get("Content-Type", "")
            if answer.status_code != HTTPStatus.OK or not found.startswith(kind):
                raise _unexpected("GET", path, answer, f"200 with {kind}")
        self._say(f"the call page: 200, {self._url}call")

    def _check_token(self, http: requests.Session, bearer: str) -> None:
        path = "token?username=smoke-test"
        answer = self._send(http, "GET", path, {"Authorization": f"Bearer {bearer}"})
        if answer.status_code != HTTPStatus.OK or not answer.json().get("token"):
            raise _unexpected("GET", path, answer, "200 with a token")
        self._say("a client token for your access token: 200")

    def _send(
        self, http: requests.Session, method: str, path: str, headers: dict[str, str] | None = None
    ) -> requests.Response:
        try:
            return http.request(
                method, f"{self._url}{path}", headers=headers, timeout=_TIMEOUT_SECONDS
            )
        except requests.RequestException as error:
            raise DeployError(
                f"{method} {self._url}{path}: {type(error).__name__}.", _SEE_THE_LOG
            ) from error


_SEE_THE_LOG: Final = (
    "The function's log has the reason: .venv/bin/chalice logs --stage STAGE. All earlier steps "
    "are done. Correct the error and run this again."
)


def _code(answer: requests.Response) -> str:
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _unexpected(method: str, path: str, answer: requests.Response, expected: str) -> DeployError:
    found = f"{answer.status_code} {_code(answer)}".strip()
    return DeployError(f"{method} /{path}: {found}, expected {expected}.", _SEE_THE_LOG)
