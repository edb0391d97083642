"""Addresses of archives' files: each is new, and good for ten minutes."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping

LINK_SECONDS = 600
MEDIA_PATH = "/sim/media"


class ArchiveLinks:
    """Links to where the stand-in was last called, signed as S3's are.

    Args:
        address: scheme, host and port; none are given out before the first call.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.address = ""
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def new(self, archive_id: str, file_name: str) -> str:
        expires, nonce = str(int(self._clock()) + LINK_SECONDS), secrets.token_hex(8)
        signature = self._signature(archive_id, file_name, expires, nonce)
        return (
            f"{self.address}{MEDIA_PATH}/{archive_id}/{file_name}"
            f"?Expires={expires}&Nonce={nonce}&Signature={signature}"
        )

    def is_good(self, archive_id: str, file_name: str, query: Mapping[str, str]) -> bool:
        """Whether this was given out, not more than ten minutes ago."""
        expires, nonce = query.get("Expires", ""), query.get("Nonce", "")
        expected = self._signature(archive_id, file_name, expires, nonce)
        genuine = hmac.compare_digest(expected.encode(), query.get("Signature", "").encode())
        return genuine and self._clock() < int(expires)

    def _signature(self, *signed: str) -> str:
        return hmac.new(self._key, "\n".join(signed).encode(), hashlib.sha256).hexdigest()
