"""Bob, whose network is rehearsed: a client in the room of the call."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import requests
from simple_websocket import Client, ConnectionClosed

from local.bearer import fetch_bearer
from local.ports import Ports
from tests.e2e.roomkey_process import soon

PATIENCE_SECONDS = 20


class Bob:
    """Bob's client in the room of the call, speaking as the client library does."""

    def __init__(self, ports: Ports) -> None:
        self._address = f"{ports.opentok_url.replace('http', 'ws')}/client/socket"
        alice, bob = (
            {"Authorization": f"Bearer {fetch_bearer(ports, name)}"} for name in ("alice", "bob")
        )
        room = f"{ports.app_url}/rooms/standup"
        # Whoever joins first is the moderator.
        requests.post(f"{room}/tokens", headers=alice, timeout=30)
        joined = requests.post(f"{room}/tokens", headers=bob, timeout=30).json()
        self._socket = Client(self._address)
        self._says(type="connect", sessionId=joined["sessionId"], token=joined["token"])
        self._welcome = self.hears("connected")
        self._says(type="publish", request=1, videoType="camera")

        def streams() -> list[Any]:
            shown = requests.get(f"{room}/connections", headers=alice, timeout=30).json()
            return [each for one in shown["items"] for each in one["streams"]]

        assert soon(lambda: len(streams()) == 1)

    def hears(self, kind: str) -> Any:
        """Return the next message of this type."""
        while True:
            message = json.loads(self._socket.receive(timeout=PATIENCE_SECONDS) or "{}")
            if message.get("type") == kind:
                return message

    def is_cut_off(self) -> bool:
        with suppress(ConnectionClosed):
            while self._socket.receive(timeout=PATIENCE_SECONDS) is not None:
                pass
        return not self._socket.connected

    def comes_back(self) -> bool:
        self._socket = Client(self._address)
        connection = self._welcome["connection"]["connectionId"]
        secret = self._welcome["secret"]
        self._says(type="resume", connectionId=connection, secret=secret, received=0)
        return bool(self.hears("connected"))

    def leaves(self) -> None:
        self._says(type="disconnect", request=2)
        self.is_cut_off()

    def _says(self, **message: Any) -> None:
        self._socket.send(json.dumps(message))


@contextmanager
def bob_in_the_call(ports: Ports) -> Iterator[Bob]:
    bob = Bob(ports)
    yield bob
    bob.leaves()
