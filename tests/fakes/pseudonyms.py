"""Fake pseudonyms, which are easy to look through. They need no key."""

import base64
import binascii
import json

from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import short_hash
from chalicelib.errors import StoreUnavailable
from tests.fakes.faults import Faults


class FakePseudonyms:
    """Hashes without a key, and ids that only look opaque."""

    def __init__(self) -> None:
        self.faults = Faults(lambda: StoreUnavailable("The keys cannot be read now."))

    def for_logs(self, user_id: str, deadline: Deadline) -> str:
        with self.faults.call("for_logs", deadline):
            return f"hash:{short_hash(user_id)}"

    def seal(self, session_id: str, user_id: str, name: str | None, deadline: Deadline) -> str:
        with self.faults.call("seal", deadline):
            text = json.dumps([session_id, user_id, name])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def unseal(
        self, session_id: str, sealed: str, deadline: Deadline
    ) -> tuple[str, str | None] | None:
        with self.faults.call("unseal", deadline):
            return unsealed(session_id, sealed)


def unsealed(session_id: str, sealed: str) -> tuple[str, str | None] | None:
    """Return the user id and the name behind an opaque id of this session."""
    try:
        padded = sealed + "=" * (-len(sealed) % 4)
        content = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return None
    if not isinstance(content, list) or content[:1] != [session_id]:
        return None
    _, user_id, name = content
    return user_id, name
