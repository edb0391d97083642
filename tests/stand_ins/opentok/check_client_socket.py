"""The socket of the client library, seen by a program that speaks as the library does."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests
import time_machine
from simple_websocket import Client, ConnectionClosed

from tests.stand_ins.clients import ask_to_publish, join, leave, rest
from tests.stand_ins.known import RunningOpenTok, client_jwt

PATIENCE_SECONDS = 20


class SocketClient:
    """A client on a socket of its own."""

    def __init__(self, service: RunningOpenTok, greeting: dict[str, Any]) -> None:
        self._socket = Client(f"{service.url.replace('http', 'ws')}/client/socket")
        self._socket.send(json.dumps(greeting))
        self._request = 0
        self.heard: list[Any] = []
        self.first = self.hears()

    @property
    def connection_id(self) -> str:
        connection_id: str = self.first["connection"]["connectionId"]
        return connection_id

    def hears(self) -> Any:
        text = self._socket.receive(timeout=PATIENCE_SECONDS)
        assert text is not None, "The stand-in has sent nothing."
        self.heard.append(json.loads(text))
        return self.heard[-1]

    def hears_of(self, kind: str) -> Any:
        """Return the next message of this type; others are left out."""
        while (message := self.hears())["type"] != kind:
            pass
        return message

    def asks(self, kind: str, **fields: Any) -> Any:
        """Return the answer to a request."""
        self._request += 1
        self._socket.send(json.dumps({"type": kind, "request": self._request, **fields}))
        return self.hears_of("answer")

    def repeats(self, kind: str, **fields: Any) -> None:
        self._socket.send(json.dumps({"type": kind, "request": self._request, **fields}))

    def publishes(self) -> str:
        stream_id: str = self.asks("publish", videoType="camera")["stream"]["streamId"]
        return stream_id

    def sends(self, text: str) -> None:
        self._socket.send(text)

    def is_cut_off(self) -> None:
        with suppress(ConnectionClosed):
            while self._socket.receive(timeout=PATIENCE_SECONDS) is not None:
                pass
        assert not self._socket.connected

    def closes(self, reason: int = 1000) -> None:
        # The stand-in may close the socket between the two.
        with suppress(ConnectionClosed, OSError):
            self._socket.close(reason)


def lose_network(service: RunningOpenTok, client: SocketClient, seconds: float) -> None:
    requests.post(
        f"{service.url}/sim/connections/{client.connection_id}/network",
        json={"lostSeconds": seconds},
        timeout=PATIENCE_SECONDS,
    )


Connect = Callable[..., SocketClient]


@pytest.fixture
def connect(opentok_service: RunningOpenTok, session_id: str) -> Iterator[Connect]:
    clients: list[SocketClient] = []

    def connected(role: str = "publisher", **greeting: Any) -> SocketClient:
        wanted = {
            "type": "connect",
            "sessionId": session_id,
            "token": client_jwt(session_id, role=role),
        }
        clients.append(SocketClient(opentok_service, greeting or wanted))
        return clients[-1]

    yield connected
    for each in clients:
        each.closes()


def test_a_client_is_told_who_is_there_and_the_others_that_it_came(
    connect: Connect, opentok_service: RunningOpenTok, session_id: str
) -> None:
    alice = connect()
    stream_id = alice.publishes()

    bob = connect("moderator")

    assert [each["connectionId"] for each in bob.first["connections"]] == [alice.connection_id]
    assert [each["streamId"] for each in bob.first["streams"]] == [stream_id]
    assert bob.first["capabilities"] == {
        "publish": 1,
        "subscribe": 1,
        "forceUnpublish": 1,
        "forceDisconnect": 1,
        "forceMute": 1,
    }
    came = alice.hears_of("connectionCreated")
    assert came["connection"]["connectionId"] == bob.connection_id
    shown = opentok_service.stand_in.session(session_id)
    assert [each["connectionId"] for each in shown["connections"]] == [
        alice.connection_id,
        bob.connection_id,
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"token": "none"}, "Invalid token format"),
        ({"sessionId": "1_other"}, "Invalid session ID for this token"),
    ],
)
def test_a_token_that_opentok_refuses_is_refused(
    connect: Connect, session_id: str, changes: dict[str, str], reason: str
) -> None:
    good = {"type": "connect", "sessionId": session_id, "token": client_jwt(session_id)}

    refused = connect(**good | changes)

    error = refused.first["error"]
    assert (error["name"], error["message"]) == ("OT_AUTHENTICATION_ERROR", reason)


def test_streams_begin_change_and_end_for_the_others(connect: Connect) -> None:
    alice, bob = connect(), connect()
    stream_id = alice.publishes()
    alice.asks("changeStream", streamId=stream_id, property="hasVideo", value=False)
    alice.asks("unpublish", streamId=stream_id)

    assert bob.hears_of("streamCreated")["stream"]["connectionId"] == alice.connection_id
    changed = bob.hears_of("streamChanged")
    assert (changed["property"], changed["value"]) == ("hasVideo", False)
    assert bob.hears_of("streamDestroyed")["reason"] == "clientDisconnected"


@pytest.mark.parametrize(
    ("role", "request_", "fields"),
    [
        ("subscriber", "publish", {"videoType": "camera"}),
        ("publisher", "forceMute", {}),
        ("publisher", "forceDisconnect", {"connectionId": "any"}),
        ("publisher", "forceUnpublish", {"streamId": "any"}),
        ("publisheronly", "relay", {"to": "any", "content": {"kind": "subscribe"}}),
        ("publisheronly", "signal", {"data": "any"}),
    ],
)
def test_a_role_may_not_do_more_than_its_token_says(
    connect: Connect, role: str, request_: str, fields: dict[str, str]
) -> None:
    answer = connect(role).asks(request_, **fields)

    assert answer["error"]["name"] == "OT_PERMISSION_DENIED"


def test_who_may_only_publish_hears_of_no_stream_but_their_own(connect: Connect) -> None:
    alice = connect()
    alice.publishes()
    bob = connect("publisheronly")
    own = bob.publishes()
    stream_id = alice.publishes()
    alice.asks("changeStream", streamId=stream_id, property="hasVideo", value=False)
    alice.asks("unpublish", streamId=stream_id)
    alice.asks("signal", data="enough")
    bob.asks("changeStream", streamId=own, property="hasVideo", value=False)

    assert (bob.first["streams"], bob.first["capabilities"]["subscribe"]) == ([], 0)
    kinds = [each["type"] for each in bob.heard]
    assert kinds == ["connected", "answer", "signal", "streamChanged", "answer"]
    relayed = alice.asks("relay", to=bob.connection_id, content={"kind": "subscribe"})
    assert "error" not in relayed


def test_nobody_changes_the_stream_of_another(connect: Connect) -> None:
    stream_id = connect().publishes()

    answer = connect().asks("unpublish", streamId=stream_id)

    assert answer["error"]["name"] == "OT_PERMISSION_DENIED"


def test_signals_reach_all_or_one_with_their_sender(
    connect: Connect, opentok_service: RunningOpenTok, session_id: str
) -> None:
    alice, bob, carol = connect(), connect(), connect()
    alice.asks("signal", signalType="chat", data="to all")
    alice.asks("signal", signalType="chat", data="to bob", to=bob.connection_id)
    rest(
        opentok_service,
        "POST",
        f"session/{session_id}/signal",
        json={"type": "news", "data": "all"},
    )

    assert [bob.hears_of("signal")["data"] for _ in range(3)] == ["to all", "to bob", "all"]
    first, last = carol.hears_of("signal"), carol.hears_of("signal")
    assert (first["data"], first["from"]["connectionId"]) == ("to all", alice.connection_id)
    assert (last["data"], last["from"]) == ("all", None)


@pytest.mark.parametrize(
    ("fields", "named"),
    [({"data": "é" * 4097}, "data"), ({"signalType": "é" * 65}, "type")],
)
def test_a_signal_that_is_too_long_is_refused_and_its_client_stays(
    connect: Connect, fields: dict[str, str], named: str
) -> None:
    alice, bob = connect(), connect()

    refused = alice.asks("signal", **fields)

    assert refused["error"] == {
        "name": "OT_INVALID_PARAMETER",
        "message": f"The {named} is too long",
    }
    alice.asks("signal", data="é" * 4096, signalType="é" * 64)
    assert bob.hears_of("signal")["data"] == "é" * 4096


def test_a_message_about_a_subscription_reaches_the_other_side(connect: Connect) -> None:
    alice, bob = connect(), connect()

    bob.asks("relay", to=alice.connection_id, content={"kind": "subscribe"})

    relayed = alice.hears_of("relay")
    assert (relayed["from"], relayed["content"]) == (bob.connection_id, {"kind": "subscribe"})
    gone = bob.asks("relay", to="nobody", content={})
    assert gone["error"]["message"] == "Connection not found"


def test_the_servers_mutes_and_disconnections_act_on_clients(
    connect: Connect, opentok_service: RunningOpenTok, session_id: str
) -> None:
    alice = connect()
    stream_id = alice.publishes()

    rest(opentok_service, "POST", f"session/{session_id}/stream/{stream_id}/mute")
    rest(opentok_service, "DELETE", f"session/{session_id}/connection/{alice.connection_id}")

    assert alice.hears_of("streamMuted")["streamId"] == stream_id
    assert alice.hears_of("disconnected")["reason"] == "forceDisconnected"
    alice.is_cut_off()


def test_a_moderator_mutes_all_unpublishes_and_disconnects(connect: Connect) -> None:
    alice, bob = connect("moderator"), connect()
    own, others = alice.publishes(), bob.publishes()

    alice.asks("forceMute", excluded=[own])
    alice.asks("forceUnpublish", streamId=others)
    alice.asks("forceDisconnect", connectionId=bob.connection_id)

    assert bob.hears_of("muteForced")["active"] is True
    assert bob.hears_of("streamMuted")["streamId"] == others
    assert bob.hears_of("streamDestroyed")["reason"] == "forceUnpublished"
    assert bob.hears_of("disconnected")["reason"] == "forceDisconnected"


def test_a_recording_is_announced_to_those_who_are_in_and_to_newcomers(
    connect: Connect, opentok_service: RunningOpenTok, routed_id: str
) -> None:
    greeting = {"type": "connect", "sessionId": routed_id, "token": client_jwt(routed_id)}
    alice = connect(**greeting)
    started = rest(opentok_service, "POST", "archive", json={"sessionId": routed_id, "name": "All"})
    archive_id = started.json()["id"]

    bob = connect(**greeting)
    rest(opentok_service, "POST", f"archive/{archive_id}/stop")

    assert alice.hears_of("archiveStarted")["id"] == archive_id
    assert bob.first["archives"] == [{"id": archive_id, "name": "All"}]
    assert bob.hears_of("archiveStopped")["id"] == archive_id


def test_a_client_that_lost_its_socket_resumes_and_misses_nothing(
    connect: Connect, opentok_service: RunningOpenTok
) -> None:
    alice, bob = connect(), connect()
    lose_network(opentok_service, bob, 0)
    bob.is_cut_off()
    alice.asks("signal", data="meanwhile")

    again = connect(
        type="resume", connectionId=bob.connection_id, secret=bob.first["secret"], received=1
    )

    assert again.first == {"type": "resumed"}
    assert again.hears_of("signal")["data"] == "meanwhile"


def test_a_client_that_is_removed_while_its_socket_is_lost_hears_so_when_it_is_back(
    connect: Connect, opentok_service: RunningOpenTok, session_id: str
) -> None:
    alice = connect()
    lose_network(opentok_service, alice, 0)
    rest(opentok_service, "DELETE", f"session/{session_id}/connection/{alice.connection_id}")

    again = connect(
        type="resume", connectionId=alice.connection_id, secret=alice.first["secret"], received=1
    )

    assert again.hears_of("disconnected")["reason"] == "forceDisconnected"
    again.is_cut_off()
    with time_machine.travel(time.time() + 60, tick=False):
        opentok_service.stand_in.advance()
    late = connect(
        type="resume", connectionId=alice.connection_id, secret=alice.first["secret"], received=1
    )
    assert late.first["error"]["name"] == "OT_NOT_CONNECTED"


def test_a_request_that_is_repeated_is_done_once(connect: Connect) -> None:
    alice, bob = connect(), connect()
    alice.asks("signal", data="once")
    alice.repeats("signal", data="once")
    alice.asks("signal", data="last")

    assert [bob.hears_of("signal")["data"] for _ in range(2)] == ["once", "last"]


def test_nobody_resumes_with_another_secret(connect: Connect) -> None:
    alice = connect()

    refused = connect(type="resume", connectionId=alice.connection_id, secret="guessed", received=0)

    assert refused.first["error"]["name"] == "OT_NOT_CONNECTED"


def test_a_page_that_is_closed_has_left(connect: Connect) -> None:
    alice, bob = connect(), connect()

    bob.closes(1001)

    left = alice.hears_of("connectionDestroyed")
    assert (left["connectionId"], left["reason"]) == (bob.connection_id, "clientDisconnected")


def test_a_client_that_does_not_come_back_is_disconnected(
    connect: Connect, opentok_service: RunningOpenTok
) -> None:
    alice, bob = connect(), connect()
    platform = opentok_service.stand_in
    lose_network(opentok_service, bob, 60)
    with time_machine.travel(time.time() + 60, tick=False):
        platform.advance()

    left = alice.hears_of("connectionDestroyed")
    assert (left["connectionId"], left["reason"]) == (bob.connection_id, "networkDisconnected")


def test_clients_that_tests_play_and_clients_of_the_library_see_each_other(
    connect: Connect, opentok_service: RunningOpenTok, session_id: str
) -> None:
    alice = connect()
    played = join(opentok_service, session_id)
    ask_to_publish(opentok_service, played)
    leave(opentok_service, played)

    assert alice.hears_of("connectionCreated")["connection"]["connectionId"] == played
    assert alice.hears_of("streamCreated")["stream"]["connectionId"] == played
    assert alice.hears_of("connectionDestroyed")["connectionId"] == played


def test_sockets_are_no_calls_to_opentok(connect: Connect, opentok_service: RunningOpenTok) -> None:
    before = len(opentok_service.stand_in.calls)
    connect().publishes()

    assert len(opentok_service.stand_in.calls) == before


@pytest.mark.parametrize("text", ["", "[]", '{"type": "sing", "request": 1}'])
def test_a_message_of_another_form_ends_the_socket(connect: Connect, text: str) -> None:
    alice = connect()

    alice.sends(text)

    alice.is_cut_off()


def test_a_token_that_counts_as_expired_is_refused_once(
    connect: Connect, opentok_service: RunningOpenTok
) -> None:
    requests.post(f"{opentok_service.url}/sim/tokens", json={"expired": 1}, timeout=5)

    assert connect().first["error"] == {
        "name": "OT_AUTHENTICATION_ERROR",
        "message": "Token has expired",
    }
    assert connect().first["type"] == "connected"
