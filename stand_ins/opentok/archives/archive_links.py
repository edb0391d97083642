"""Links to archives' files: each link is new, and valid for ten minutes."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping

LINK_SECONDS = 600
MEDIA_PATH = "/sim/media"


class ArchiveLinks:
    """Links to the address of the stand-in's last call, signed as S3's links are.

    Args:
        address: Scheme, host and port; before the first call there is no link.
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
        """Return True if this link was issued in the last ten minutes."""
        expires, nonce = query.get("Expires", ""), query.get("Nonce", "")
        expected = self._signature(archive_id, file_name, expires, nonce)
        genuine = hmac.compare_digest(expected.encode(), query.get("Signature", "").encode())
        return genuine and self._clock() < int(expires)

    def _signature(self, *signed: str) -> str:
        return hmac.new(self._key, "\n".join(signed).encode(), hashlib.sha256).hexdigest()
