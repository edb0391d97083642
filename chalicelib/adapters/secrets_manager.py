"""OpenTok's credentials and callback secrets in AWS Secrets Manager."""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from chalicelib.adapters.aws_answers import NOT_PARSED
from chalicelib.core.ports.credentials import Credentials, OpenTokCredentials, VonageCredentials
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import NotConfigured, StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

FRESH_SECONDS: Final = 300.0
RETRY_SECONDS: Final = 30.0
"""The time between a failed read and the next one, while cached credentials stay in use."""
NEW_KEYS_SECONDS: Final = 5.0
"""The time after a read before which no newer key of privacy is looked for."""
RENEWAL_SECONDS: Final = 2.0
"""The maximum wait for newer credentials while cached ones can be used."""

_CONFIGURATION_ERRORS: Final = frozenset(
    {"ResourceNotFoundException", "AccessDeniedException", "DecryptionFailure"}
    | {"InvalidRequestException", "InvalidParameterException", "ValidationException"}
    | {"UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException"}
)
_PRIVACY_KEY: Final = re.compile(r"[0-9a-f]{64}")
_FILE_NAME: Final = re.compile(r"[.][a-zA-Z0-9_]+$")
"""A pattern in an API secret that OpenTok's SDK mistakes for a file name."""


@dataclass(frozen=True, slots=True)
class _Cached:
    credentials: Credentials
    callback_secrets: object = field(repr=False)
    privacy_keys: object = field(repr=False)
    read_at: float
    read_again_at: float


class SecretsManagerCredentials:
    """Credentials from one secret, cached for five minutes and read by one caller at a time.

    While Secrets Manager is unavailable, cached credentials stay in use.
    """

    def __init__(
        self,
        client: "SecretsManagerClient",
        secret_id: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._clock = clock
        self._lock = Lock()
        self._cached: _Cached | None = None
        self._early: _Cached | None = None

    def current(self, deadline: Deadline) -> Credentials:
        return self._latest(deadline).credentials

    def prepare(self, deadline: Deadline) -> None:
        """Read the secret before the first request.

        Callbacks come later than that, and perhaps `make callbacks` in between. So the first
        callback has it read again.
        """
        self._early = self._latest(deadline)

    def of_callbacks(self, kind: str, deadline: Deadline) -> Sequence[str]:
        latest = self._latest(deadline)
        if latest is self._early:
            latest = self._replace(latest, deadline)
        all_secrets = latest.callback_secrets
        secrets = all_secrets.get(kind) if isinstance(all_secrets, dict) else None
        if (
            not isinstance(secrets, list)
            or not secrets
            or not all(_is_plain_text(each) for each in secrets)
        ):
            raise NotConfigured(
                f"secret {self._secret_id} needs callbackSecrets.{kind}, a list of strings"
            )
        return secrets

    def privacy_keys(self, deadline: Deadline) -> Sequence[str]:
        return self._privacy_keys(self._latest(deadline))

    def newer_privacy_keys(self, known: Sequence[str], deadline: Deadline) -> Sequence[str]:
        cached = self._cached
        if cached is not None and self._clock() >= cached.read_at + NEW_KEYS_SECONDS:
            cached = self._replace(cached, deadline)
        keys = () if cached is None else self._privacy_keys(cached)
        return [each for each in keys if each not in known]

    def _privacy_keys(self, cached: _Cached) -> Sequence[str]:
        keys = cached.privacy_keys
        if keys is None:
            return ()
        if not isinstance(keys, list) or not all(
            isinstance(each, str) and _PRIVACY_KEY.fullmatch(each) for each in keys
        ):
            raise NotConfigured(
                f"secret {self._secret_id} needs privacyKeys, a list of 64 hexadecimal digits each"
            )
        return keys

    def after_refusal(self, refused: Credentials, deadline: Deadline) -> Credentials:
        cached = self._cached
        if cached is not None and cached.credentials is not refused:
            return cached.credentials
        return self._replace(cached, deadline).credentials

    def _latest(self, deadline: Deadline) -> _Cached:
        cached = self._cached
        if cached is not None and self._clock() < cached.read_again_at:
            return cached
        if cached is None:
            return self._replace(cached, deadline)
        try:
            return self._replace(cached, deadline.capped(RENEWAL_SECONDS))
        except StoreUnavailable:
            kept = replace(cached, read_again_at=self._clock() + RETRY_SECONDS)
            self._cached = kept
            return kept

    def _replace(self, stale: _Cached | None, deadline: Deadline) -> _Cached:
        """Read the secret, unless another caller read it while this caller waited."""
        if not self._lock.acquire(timeout=deadline.remaining()):
            raise StoreUnavailable(
                _UNAVAILABLE, note="timed out while another caller read the secret", retry_after=5
            )
        try:
            cached = self._cached
            if cached is None or cached is stale:
                credentials, content = _parse(self._read(deadline), self._secret_id)
                now = self._clock()
                cached = self._cached = _Cached(
                    credentials,
                    content.get("callbackSecrets"),
                    content.get("privacyKeys"),
                    read_at=now,
                    read_again_at=now + FRESH_SECONDS,
                )
            return cached
        finally:
            self._lock.release()

    def _read(self, deadline: Deadline) -> str | None:
        name = f"secret {self._secret_id}"
        try:
            response = deadline.run(lambda: self._client.get_secret_value(SecretId=self._secret_id))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _CONFIGURATION_ERRORS:
                raise NotConfigured(f"{name}: Secrets Manager answers {code}") from error
            raise StoreUnavailable(_UNAVAILABLE, note=f"{name}: {code}", retry_after=5) from error
        except (BotoCoreError, TimeoutError, *NOT_PARSED) as error:
            note = f"{name}: {type(error).__name__}"
            raise StoreUnavailable(_UNAVAILABLE, note=note, retry_after=5) from error
        text: object = response.get("SecretString")  # botocore checks no type
        if text is not None and not isinstance(text, str):
            raise StoreUnavailable(_UNAVAILABLE, note=f"{name}: no text", retry_after=5)
        return text


_UNAVAILABLE: Final = "The service's credentials cannot be read at the moment; try again."


def _parse(text: str | None, secret_id: str) -> tuple[Credentials, Mapping[str, object]]:
    """Return the credentials in the secret, and all of its content, otherwise unchecked.

    No error's message or cause shows any of the secret's content.
    """
    wrong = f"secret {secret_id} "
    try:
        content = json.loads(text or "")
    except (ValueError, RecursionError):
        raise NotConfigured(wrong + "does not hold JSON") from None
    if not isinstance(content, dict):
        raise NotConfigured(wrong + "does not hold a JSON object")
    kinds = [kind for kind in _KINDS if any(content.get(name) for name in kind)]
    if len(kinds) != 1:
        raise NotConfigured(
            wrong + "must hold either apiKey and apiSecret, or applicationId and privateKey"
        )
    return _credentials(content, kinds[0], wrong), content


def _credentials(content: Mapping[str, str], kind: tuple[str, ...], wrong: str) -> Credentials:
    for name in kind:
        if not _is_plain_text(content.get(name)):
            raise NotConfigured(wrong + f"needs {name}, as a string of ASCII characters")
    if kind is _VONAGE:
        if not _is_rsa_private_key(content["privateKey"]):
            raise NotConfigured(wrong + "needs an RSA private key in PEM as privateKey")
        return VonageCredentials(content["applicationId"], content["privateKey"])
    if _FILE_NAME.search(content["apiSecret"]):
        raise NotConfigured(wrong + "has an apiSecret with a dot; OpenTok's secrets have none")
    return OpenTokCredentials(content["apiKey"], content["apiSecret"])


def _is_plain_text(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and not value.isspace() and value != ""


def _is_rsa_private_key(pem: str) -> bool:
    try:
        # Skip the slow check of the primes. OpenTok refuses a wrong key anyway.
        key = load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
        return isinstance(key, RSAPrivateKey)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: the key needs a password
        return False


_OPENTOK: Final = ("apiKey", "apiSecret")
_VONAGE: Final = ("applicationId", "privateKey")
_KINDS: Final = (_OPENTOK, _VONAGE)
