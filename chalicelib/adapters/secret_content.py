"""The content of the secret, which is JSON, and the errors of Secrets Manager."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from chalicelib.adapters.aws_answers import NOT_PARSED
from chalicelib.core.ports.credentials import Credentials, OpenTokCredentials, VonageCredentials
from chalicelib.core.support.formats import from_epoch_milliseconds
from chalicelib.errors import NotConfigured, RoomkeyError, StoreUnavailable

SWITCH_AT: Final = "switchAt"
"""The field in which a rotation announces its switch, in milliseconds since the epoch."""
_OPENTOK: Final = ("apiKey", "apiSecret")
_VONAGE: Final = ("applicationId", "privateKey")
_KINDS: Final = (_OPENTOK, _VONAGE)
CREDENTIAL_NAMES: Final = frozenset({*_OPENTOK, *_VONAGE})
"""The fields of credentials. All others are kept when credentials are replaced."""
_FILE_NAME: Final = re.compile(r"[.][a-zA-Z0-9_]+$")
"""A pattern in an API secret that OpenTok's SDK mistakes for a file name."""


UNAVAILABLE: Final = "The service's credentials cannot be read at the moment; try again."
READ_ERRORS: Final = (BotoCoreError, ClientError, TimeoutError, *NOT_PARSED)
"""The errors of a call to Secrets Manager with a deadline."""
_CONFIGURATION_ERRORS: Final = frozenset(
    {"ResourceNotFoundException", "AccessDeniedException", "DecryptionFailure"}
    | {"InvalidRequestException", "InvalidParameterException", "ValidationException"}
    | {"UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException"}
)


def secret_error(error: Exception, name: str) -> RoomkeyError:
    """Return our error for one of `READ_ERRORS`. The name says which secret was asked for."""
    if isinstance(error, ClientError):
        code = error.response["Error"]["Code"]
        if code in _CONFIGURATION_ERRORS:
            return NotConfigured(f"{name}: Secrets Manager answers {code}")
        return StoreUnavailable(UNAVAILABLE, note=f"{name}: {code}", retry_after=5)
    note = f"{name}: {type(error).__name__}"
    return StoreUnavailable(UNAVAILABLE, note=note, retry_after=5)


def parse_secret(text: str | None, secret_id: str) -> tuple[Credentials, Mapping[str, object]]:
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
        if not is_plain_text(content.get(name)):
            raise NotConfigured(wrong + f"needs {name}, as a string of ASCII characters")
    if kind is _VONAGE:
        if not _is_rsa_private_key(content["privateKey"]):
            raise NotConfigured(wrong + "needs an RSA private key in PEM as privateKey")
        return VonageCredentials(content["applicationId"], content["privateKey"])
    if _FILE_NAME.search(content["apiSecret"]):
        raise NotConfigured(wrong + "has an apiSecret with a dot; OpenTok's secrets have none")
    return OpenTokCredentials(content["apiKey"], content["apiSecret"])


def is_plain_text(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and not value.isspace() and value != ""


def _is_rsa_private_key(pem: str) -> bool:
    try:
        # Skip the slow check of the primes. OpenTok refuses a wrong key anyway.
        key = load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
        return isinstance(key, RSAPrivateKey)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: the key needs a password
        return False


def switch_time(content: Mapping[str, object]) -> datetime | None:
    """Return the announced time of a switch. None if there is none."""
    announced = content.get(SWITCH_AT)
    try:
        return from_epoch_milliseconds(announced) if isinstance(announced, int) else None
    except OverflowError:
        return None


def credential_fields(credentials: Credentials) -> dict[str, str]:
    """Return the credentials as the secret has them."""
    if isinstance(credentials, VonageCredentials):
        return {"applicationId": credentials.application_id, "privateKey": credentials.private_key}
    return {"apiKey": credentials.api_key, "apiSecret": credentials.api_secret}
