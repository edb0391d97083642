"""Accounts at OpenTok and Vonage, which may replace the credentials of a project or application.

Sources: OpenTok's guide to account management, and the description of Vonage's Application API v2.
"""

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from chalicelib.adapters.opentok.api_client import (
    REFUSALS,
    Answer,
    Request,
    Transport,
    check_available,
    summary,
    unavailable,
)
from chalicelib.adapters.opentok.sdk_client import OPENTOK_URL, SdkClients
from chalicelib.adapters.opentok.sessions_and_tokens import OpenTokPlatform
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.ports.credentials import Credentials, OpenTokCredentials, VonageCredentials
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import parse_json_object
from chalicelib.errors import NotConfigured, ProviderRefused

VONAGE_ACCOUNTS_URL: Final = "https://api.nexmo.com"
_KEY_BITS: Final = 2048
_PUBLIC_EXPONENT: Final = 65537
_TOKEN_SECONDS: Final = 180
_ANSWERED_ONLY: Final = frozenset({"id", "keys", "_links"})
"""The members of an application that a replacement does not take from the answer."""


@dataclass(frozen=True, slots=True)
class AccountCredentials:
    """The key and the secret of an account."""

    key: str
    secret: str = field(repr=False)


class PlatformAccount:
    """An account at OpenTok or Vonage, as the current credentials are of the one or the other.

    Args:
        account: Returns the account's credentials.
        transport: The pool of HTTP connections.
        api_url: OpenTok's address. None selects the default for the kind of credentials.
        vonage_accounts_url: The address of Vonage's Application API.
        now: Returns the seconds since the epoch.
    """

    def __init__(
        self,
        account: Callable[[Deadline], AccountCredentials],
        transport: Transport,
        api_url: str | None = None,
        *,
        vonage_accounts_url: str = VONAGE_ACCOUNTS_URL,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._account = account
        self._transport = transport
        self._api_url = api_url
        self._vonage_url = vonage_accounts_url
        self._now = now

    def prepare(self, current: Credentials) -> Credentials | None:
        if isinstance(current, OpenTokCredentials):
            return None  # OpenTok makes secrets itself
        key = generate_private_key(_PUBLIC_EXPONENT, _KEY_BITS)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return VonageCredentials(current.application_id, pem.decode())

    def replace(
        self, current: Credentials, prepared: Credentials | None, deadline: Deadline
    ) -> Credentials:
        if isinstance(current, OpenTokCredentials):
            return self._refreshed(current, deadline)
        if not isinstance(prepared, VonageCredentials):
            raise _refused("no new key was prepared")
        application = self._application(current.application_id, deadline)
        kept = {name: each for name, each in application.items() if name not in _ANSWERED_ONLY}
        public = _public_key(prepared).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        content = {**kept, "keys": {"public_key": public.decode()}}
        self._ask_vonage("PUT", current.application_id, deadline, content)
        return prepared

    def knows(self, credentials: Credentials, deadline: Deadline) -> bool:
        if isinstance(credentials, OpenTokCredentials):
            project = self._ask_opentok("GET", credentials.api_key, deadline)
            return project.get("secret") == credentials.api_secret
        keys = self._application(credentials.application_id, deadline).get("keys")
        known = keys.get("public_key") if isinstance(keys, dict) else None
        try:
            return load_pem_public_key(str(known).encode()) == _public_key(credentials)
        except ValueError:
            return False

    def accepts(self, credentials: Credentials, deadline: Deadline) -> bool:
        clients = SdkClients(_OneSource(credentials), self._api_url)
        platform = OpenTokPlatform(clients, self._transport)
        try:
            platform.create_session(RoomSettings(), None, deadline)
        except ProviderRefused:
            return False
        return True

    def _refreshed(self, current: OpenTokCredentials, deadline: Deadline) -> Credentials:
        """Return the project's secret, refreshed unless an earlier call has done it."""
        project = self._ask_opentok("GET", current.api_key, deadline)
        if project.get("secret") == current.api_secret:
            path = f"{current.api_key}/refreshSecret"
            project = self._ask_opentok("POST", path, deadline)
        secret = project.get("secret")
        if not isinstance(secret, str) or not secret or secret == current.api_secret:
            raise unavailable("account: a project without a new secret")
        return OpenTokCredentials(current.api_key, secret)

    def _application(self, application_id: str, deadline: Deadline) -> Mapping[str, Any]:
        return self._ask_vonage("GET", application_id, deadline)

    def _ask_opentok(self, method: str, path: str, deadline: Deadline) -> Mapping[str, Any]:
        account, now = self._account(deadline), int(self._now())
        claims = {
            "iss": account.key,
            "ist": "account",
            "iat": now,
            "exp": now + _TOKEN_SECONDS,
            "jti": uuid4().hex,
        }
        token = jwt.encode(claims, account.secret, algorithm="HS256")
        url = f"{self._api_url or OPENTOK_URL}/v2/project/{path}"
        return self._ask(Request(method, url, {"X-OPENTOK-AUTH": token, **_JSON}), deadline)

    def _ask_vonage(
        self,
        method: str,
        application_id: str,
        deadline: Deadline,
        content: Mapping[str, object] | None = None,
    ) -> Mapping[str, Any]:
        account = self._account(deadline)
        pair = base64.b64encode(f"{account.key}:{account.secret}".encode()).decode()
        url = f"{self._vonage_url}/v2/applications/{application_id}"
        headers = {"Authorization": f"Basic {pair}", **_JSON}
        return self._ask(Request(method, url, headers, json=content), deadline)

    def _ask(self, request: Request, deadline: Deadline) -> Mapping[str, Any]:
        answer = self._transport.send(request, deadline)
        note = _note(request, answer)
        check_available(answer, note)
        if answer.status in REFUSALS:
            raise _refused(f"{note}: the account's credentials are refused")
        if answer.status != HTTPStatus.OK:
            raise _refused(note)
        content = parse_json_object(answer.body)
        if not content:
            raise unavailable(f"{note}, without JSON")
        return content


_JSON: Final = {"Accept": "application/json"}


class _OneSource:
    """A source of the same credentials at all times."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def current(self, deadline: Deadline) -> Credentials:  # noqa: ARG002 - as the port has it
        return self._credentials

    def after_refusal(self, refused: Credentials, deadline: Deadline) -> Credentials:  # noqa: ARG002
        return self._credentials


def _note(request: Request, answer: Answer) -> str:
    # OpenTok's own message could repeat a secret.
    return f"account: {request.method} {request.url}: {summary(answer, secret=True)}"


def _public_key(credentials: VonageCredentials) -> RSAPublicKey:
    key = load_pem_private_key(
        credentials.private_key.encode(), password=None, unsafe_skip_rsa_key_validation=True
    )
    public = key.public_key()
    if not isinstance(public, RSAPublicKey):
        raise _refused("the private key is no RSA key")
    return public


def _refused(note: str) -> ProviderRefused:
    return ProviderRefused("The account cannot replace the credentials.", note=note)


def parse_account(text: str | None, secret_id: str) -> AccountCredentials:
    """Return an account's credentials from its secret: JSON with accountKey and accountSecret.

    Raises:
        NotConfigured: The secret holds anything else. The error does not show it.
    """
    try:
        content = json.loads(text or "")
        key, secret = content["accountKey"], content["accountSecret"]
    except (ValueError, LookupError, TypeError, RecursionError):
        key = secret = None
    if not all(isinstance(each, str) and each and each.isascii() for each in (key, secret)):
        raise NotConfigured(f"secret {secret_id} needs accountKey and accountSecret, as JSON")
    return AccountCredentials(key, secret)
