from collections.abc import Iterator

import pytest

from chalicelib.core.rooms.join_room import MAX_TOKEN_SECONDS
from tests.e2e.roomkey_process import Roomkey, running_roomkey


@pytest.fixture(scope="session")
def roomkey() -> Iterator[Roomkey]:
    """The stack, with tokens as long as the document says that they may be, on a quicker moto."""
    settings = {"MAX_TOKEN_SECONDS": str(MAX_TOKEN_SECONDS)}
    with running_roomkey(settings, "tests.support.servers.quicker_local") as running:
        yield running
