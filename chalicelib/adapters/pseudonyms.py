"""Keyed stand-ins for who users are: hashes for logs, and sealed ids for connection data.

Whoever has none of the keys can neither resolve a stand-in, nor find out if it is that of a user
whom they guess.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Iterable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from chalicelib.core.ports.credentials import PrivacyKeys
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import NotConfigured

_HASH_BYTES: Final = 16
_PADDED_TO_BYTES: Final = 24
"""So that a sealed id does not tell the exact lengths of user id and name."""


class KeyedPseudonyms:
    """Stand-ins by the keys in a secret.

    New ones are made with the newest key. Earlier keys still resolve the earlier ones.
    """

    def __init__(self, keys: PrivacyKeys) -> None:
        self._keys = keys

    def for_logs(self, user_id: str, deadline: Deadline) -> str:
        return log_hash(user_id, self._newest(deadline))

    def seal(self, session_id: str, user_id: str, name: str | None, deadline: Deadline) -> str:
        names = json.dumps([user_id, name], ensure_ascii=False, separators=(",", ":")).encode()
        padded = names.ljust(-(-len(names) // _PADDED_TO_BYTES) * _PADDED_TO_BYTES)
        sealed = _cipher(self._newest(deadline)).encrypt(padded, [session_id.encode()])
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def unseal(
        self, session_id: str, sealed: str, deadline: Deadline
    ) -> tuple[str, str | None] | None:
        try:
            raw = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        known = self._keys.privacy_keys(deadline)
        found = _opened(raw, session_id, known)
        return found or _opened(raw, session_id, self._keys.newer_privacy_keys(known, deadline))

    def _newest(self, deadline: Deadline) -> str:
        keys = self._keys.privacy_keys(deadline)
        if not keys:
            raise NotConfigured("PRIVACY is strict, and the secret has no privacyKeys")
        return keys[0]


def log_hash(user_id: str, key: str) -> str:
    """Return the hash that stands for a user in log lines.

    Args:
        user_id: The user's id.
        key: A key of privacy, in hex.
    """
    digest = hmac.digest(bytes.fromhex(key), b"log\0" + user_id.encode(), "sha256")
    return f"hash:{digest[:_HASH_BYTES].hex()}"


def _opened(raw: bytes, session_id: str, keys: Iterable[str]) -> tuple[str, str | None] | None:
    for key in keys:
        try:
            names = _cipher(key).decrypt(raw, [session_id.encode()])
        except (InvalidTag, ValueError):  # ValueError: too short
            continue
        user_id, name = json.loads(names)
        return user_id, name
    return None


def _cipher(key: str) -> AESSIV:
    return AESSIV(hmac.digest(bytes.fromhex(key), b"connection data", "sha512"))
