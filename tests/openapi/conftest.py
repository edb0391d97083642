from collections.abc import Iterator

import pytest

from chalicelib.core.rooms.join_request import MAX_TOKEN_SECONDS
from tests.e2e.roomkey_process import Roomkey, running_roomkey


@pytest.fixture(scope="session")
def roomkey() -> Iterator[Roomkey]:
    """The stack on a quicker moto, with tokens of any length, and quotas that are far away."""
    settings = {
        "MAX_TOKEN_SECONDS": str(MAX_TOKEN_SECONDS),
        "MAX_ROOMS": "1000",
        "MAX_ROOMS_PER_HOUR": "100000",
        "MAX_INVITATIONS_PER_HOUR": "100000",
        "MAX_TOKENS_PER_MINUTE": "100000",
        "MAX_HELD_SEATS": "50",
        "MAX_HOLD_RENEWALS": "1000",
    }
    with running_roomkey(settings, "tests.support.servers.quicker_local") as running:
        yield running
