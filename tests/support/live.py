"""Users in rooms: joins at the app, connections at OpenTok, and callbacks between the two."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from wsgiref.types import WSGIApplication

import requests
from werkzeug.wrappers import Request, Response

from stand_ins.http.server import HttpServer
from tests.support.gateway import Gateway, LambdaContext, Reply
from tests.support.servers.stand_ins import CALLBACKS, TABLE, StandIns

SCHEDULED = {
    "version": "0",
    "account": "123456789012",
    "region": "eu-west-1",
    "detail": {},
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": "2026-03-01T12:00:00Z",
    "id": "event-1",
    "resources": [],
}
"""An event of EventBridge for a scheduled function."""


@dataclass(frozen=True)
class Live:
    """The app behind its gateway, and OpenTok's stand-in, which sends it real signed callbacks."""

    gateway: Gateway
    stand_ins: StandIns

    def ask(
        self, user: str, method: str, path: str, body: object = None, *, admin: bool = False
    ) -> Reply:
        return self.gateway.request(
            method,
            path,
            bearer=self.stand_ins.identity.bearer(user, admin=admin),
            body=None if body is None else json.dumps(body),
        )

    def room(self, name: str = "standup", owner: str = "alice", **settings: object) -> Any:
        """Return the answer to the creation of a room."""
        reply = self.ask(owner, "PUT", f"/rooms/{name}", settings)
        assert reply.status == HTTPStatus.CREATED, reply.text
        return reply.json

    def patch(self, name: str = "standup", owner: str = "alice", **changes: object) -> Any:
        reply = self.ask(owner, "PATCH", f"/rooms/{name}", changes)
        assert reply.status == HTTPStatus.OK, reply.text
        return reply.json

    def token(self, user: str, room: str = "standup", **asked: object) -> str:
        reply = self.ask(user, "POST", f"/rooms/{room}/tokens", asked)
        assert reply.status == HTTPStatus.CREATED, reply.text
        return str(reply.json["token"])

    def refusal(self, user: str, room: str = "standup") -> str:
        """Return the code of the error that refuses the user a token."""
        return self.ask(user, "POST", f"/rooms/{room}/tokens").code

    def connect(self, token: str) -> str:
        """Connect a client with this token, and return its connection id."""
        return str(self._sim("POST", "connections", {"token": token})["connectionId"])

    def enter(self, user: str, room: str = "standup", **asked: object) -> str:
        """Get the user a token, connect, wait for all callbacks; return the connection id."""
        connection_id = self.connect(self.token(user, room, **asked))
        self.settle()
        return connection_id

    def leave(self, connection_id: str) -> None:
        self._sim("DELETE", f"connections/{connection_id}")

    def publish(self, connection_id: str, **stream: object) -> str:
        return str(self._sim("POST", f"connections/{connection_id}/streams", stream)["streamId"])

    def unpublish(self, stream_id: str) -> None:
        self._sim("DELETE", f"streams/{stream_id}")

    def settle(self) -> None:
        """Wait until no callback is on its way."""
        assert self.stand_ins.opentok.settle(20)

    def at_opentok(self, room: str = "standup", owner: str = "alice") -> dict[str, Any]:
        """Return OpenTok's record of the room's session."""
        session_id = self.ask(owner, "GET", f"/rooms/{room}").json["sessionId"]
        return self.stand_ins.opentok.session(session_id)

    def connected(self, room: str = "standup") -> set[str]:
        """Return the connections that OpenTok has."""
        return {each["connectionId"] for each in self.at_opentok(room)["connections"]}

    def shown(self, room: str = "standup", user: str = "alice") -> dict[str, str | None]:
        """Return the connections that the app shows, with the user of each."""
        items = self.ask(user, "GET", f"/rooms/{room}/connections?limit=100").json["items"]
        return {each["id"]: each["userId"] for each in items}

    def crowd(self, user: str, copies: int) -> None:
        """Copy the record of the user's connection, each copy for another user."""
        (item,) = (each for each in self.stand_ins.items() if each.get("userId") == {"S": user})
        place = item["place"]["S"]
        puts: list[Any] = [
            {
                "PutRequest": {
                    "Item": item
                    | {
                        "sk": {"S": f"connection#{number:06}"},
                        "userId": {"S": f"crowd-{number}"},
                        "place": {"S": f"{place}-{number:06}"},
                    }
                }
            }
            for number in range(copies)
        ]
        client = self.stand_ins.dynamodb()
        for start in range(0, copies, 25):
            client.batch_write_item(RequestItems={TABLE: puts[start : start + 25]})

    def damage(self, pk: str, sk: str, name: str, odd: str | None) -> None:
        """Damage the first item with such keys in a way that no write of ours can.

        Args:
            pk, sk: The beginnings of its keys.
            name: The attribute to damage.
            odd: The attribute's new value; None to remove it.
        """
        item = next(
            each
            for each in self.stand_ins.items()
            if each["pk"]["S"].startswith(pk) and each["sk"]["S"].startswith(sk)
        )
        key = {"pk": item["pk"], "sk": item["sk"]}
        changed = {each: value for each, value in item.items() if each != name}
        if odd is not None:
            changed[name] = {"S": odd}
        self.stand_ins.dynamodb().put_item(TableName=TABLE, Item=changed | key)

    def run(self, schedule: str) -> None:
        """Run a scheduled function once."""
        self.gateway.app.handler_map[schedule](SCHEDULED, LambdaContext())

    def _sim(self, method: str, path: str, body: object = None) -> Any:
        url = f"{self.stand_ins.opentok_server.url}/sim/{path}"
        answer = requests.request(method, url, json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None


def wsgi_app(gateway: Gateway) -> WSGIApplication:
    """Return the app behind its gateway as a WSGI app, for callers by HTTP."""

    @Request.application
    def app(request: Request) -> Response:
        query = request.query_string.decode()
        reply = gateway.request(
            request.method,
            f"{request.path}?{query}" if query else request.path,
            body=request.get_data(),
            headers=dict(request.headers.items()),
        )
        return Response(reply.text, reply.status, dict(reply.headers))

    return app


@contextmanager
def running_live(stand_ins: StandIns, **settings: str) -> Iterator[Live]:
    """Yield a new app that receives the callbacks of OpenTok's stand-in."""
    gateway = stand_ins.gateway(**settings)
    with HttpServer(wsgi_app(gateway)) as server:
        for kind in CALLBACKS:
            stand_ins.opentok.deliver_to(kind, f"{server.url}/callbacks/{kind}")
        try:
            yield Live(gateway, stand_ins)
        finally:
            for kind in CALLBACKS:
                stand_ins.opentok.deliver_to(kind, None)
            stand_ins.opentok.clear_callbacks()
