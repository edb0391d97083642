"""The choice of OpenTok for the app: the stand-in, or the real one if there are credentials."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local.ports import StartError
from stand_ins.opentok.callbacks.callback import KINDS

_OPENTOK = ("OPENTOK_API_KEY", "OPENTOK_API_SECRET")
_VONAGE = ("VONAGE_APPLICATION_ID", "VONAGE_PRIVATE_KEY")
CREDENTIAL_VARIABLES = frozenset(_OPENTOK + _VONAGE)
_MADE_UP_KEY = "100000"


@dataclass(frozen=True)
class Provider:
    """A provider's name, and the content of Roomkey's secret for it."""

    name: str
    secret: Mapping[str, Any] = field(repr=False)
    real: bool = True

    @property
    def variables(self) -> str:
        """The names of the variables that hold the credentials."""
        return " and ".join(_OPENTOK if "apiSecret" in self.secret else _VONAGE)

    def verified_claims(self, token: str) -> dict[str, Any]:
        """Return a client token's claims after a check of its signature."""
        if "apiSecret" in self.secret:
            return jwt.decode(token, self.secret["apiSecret"], ["HS256"])
        public_key = _private_key(self.secret["privateKey"]).public_key()
        return jwt.decode(token, public_key, ["RS256"])


def chosen_provider(environ: Mapping[str, str]) -> Provider:
    """Return the real service if the environment holds its credentials, else the stand-in.

    Raises:
        StartError: The credentials are incomplete, unusable, or for two services at once.
    """
    opentok, vonage = _pair(environ, _OPENTOK), _pair(environ, _VONAGE)
    if opentok and vonage:
        raise StartError("Credentials of both OpenTok and Vonage are set: unset one of them.")
    if opentok:
        key, secret = opentok
        return Provider(f"OpenTok itself, project {key}", {"apiKey": key, "apiSecret": secret})
    if vonage:
        application_id, path = vonage
        secret_content = {"applicationId": application_id, "privateKey": _read_key(path)}
        return Provider(f"Vonage itself, application {application_id}", secret_content)
    made_up = {
        "apiKey": _MADE_UP_KEY,
        "apiSecret": secrets.token_hex(20),
        "callbackSecrets": {kind: [secrets.token_hex(32)] for kind in KINDS},
        "privacyKeys": [secrets.token_hex(32)],
    }
    return Provider("stand-in", made_up, real=False)


def _pair(environ: Mapping[str, str], names: tuple[str, str]) -> tuple[str, str] | None:
    given = [name for name in names if environ.get(name)]
    if not given:
        return None
    if len(given) < len(names):
        (missing,) = set(names) - set(given)
        raise StartError(f"{given[0]} is set but {missing} is not: set both, or neither.")
    return environ[names[0]], environ[names[1]]


def _read_key(path: str) -> str:
    variable = _VONAGE[1]
    try:
        pem = Path(path).expanduser().read_text(encoding="ascii")
    except OSError as error:
        raise StartError(f"{variable}: cannot read {path} ({error.strerror}).") from error
    except UnicodeDecodeError:
        raise StartError(f"{variable}: {path} is no private key in PEM form.") from None
    try:
        _private_key(pem)
    except (ValueError, TypeError):
        # The cause is left out because it might show a part of the key.
        raise StartError(f"{variable}: {path} is no private RSA key in PEM form.") from None
    return pem


def _private_key(pem: str) -> RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("not an RSA key")
    return key
