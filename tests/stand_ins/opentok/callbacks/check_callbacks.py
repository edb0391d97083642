"""Session callbacks over real loopback HTTP: their content, signatures and retries."""

import hashlib
import json
import threading
import time
from typing import Any

import jwt
import pytest

from stand_ins.http.server import HttpServer
from stand_ins.opentok import OpenTokStandIn
from stand_ins.opentok.callbacks.delivery import RETRY_DELAYS
from tests.stand_ins.callback_receiver import CallbackReceiver
from tests.stand_ins.clients import join, leave, publish, unpublish
from tests.stand_ins.known import (
    API_KEY,
    API_SECRET,
    APPLICATION_ID,
    OTHER_API_KEY,
    OTHER_API_SECRET,
    RunningOpenTok,
    client_jwt,
)


def settled(service: RunningOpenTok) -> bool:
    return service.stand_in.settle(5)


def test_callbacks_report_the_start_and_the_end_of_a_connection(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    before = int(time.time() * 1000)
    alice = join(opentok_service, session_id, data='{"userId":"Zoë"}')
    leave(opentok_service, alice, "?reason=networkDisconnected")

    assert settled(opentok_service)
    created, destroyed = (each.content for each in receiver.received)
    came_at, created_at = created.pop("timestamp"), created["connection"].pop("createdAt")
    assert created == {
        "sessionId": session_id,
        "projectId": API_KEY,
        "event": "connectionCreated",
        "connection": {"id": alice, "data": '{"userId":"Zoë"}'},
    }
    assert isinstance(created_at, int)
    assert before <= created_at <= came_at <= destroyed.pop("timestamp")
    assert destroyed == {
        "sessionId": session_id,
        "projectId": API_KEY,
        "event": "connectionDestroyed",
        "reason": "networkDisconnected",
        "connection": {"id": alice, "createdAt": created_at, "data": ""},
    }


def test_callbacks_report_the_start_and_the_end_of_a_stream(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    alice = join(opentok_service, session_id, data="secret")
    stream = publish(opentok_service, alice, name="Desk", videoType="screen")
    unpublish(opentok_service, stream, "?reason=mediaStopped")

    assert settled(opentok_service)
    joined, created, destroyed = (each.content for each in receiver.received)
    shown = {
        "id": stream,
        "connection": {
            "id": alice,
            "createdAt": joined["connection"]["createdAt"],
            "data": "",
        },
        "createdAt": created["stream"]["createdAt"],
        "name": "Desk",
        "videoType": "screen",
    }
    head = {"sessionId": session_id, "projectId": API_KEY}
    assert created == head | {
        "event": "streamCreated",
        "timestamp": created["timestamp"],
        "stream": shown,
    }
    assert destroyed == head | {
        "event": "streamDestroyed",
        "reason": "mediaStopped",
        "timestamp": destroyed["timestamp"],
        "stream": shown,
    }


def test_a_stream_without_video_is_reported_without_a_video_type(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    publish(opentok_service, join(opentok_service, session_id), videoType=None)

    assert settled(opentok_service)
    assert "videoType" not in receiver.received[-1].content["stream"]


def test_streams_end_before_their_connection_and_for_the_same_reason(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    alice = join(opentok_service, session_id)
    publish(opentok_service, alice)
    publish(opentok_service, alice, videoType="screen")

    opentok_service.client().force_disconnect(session_id, alice)

    assert settled(opentok_service)
    ends = [(each.event, each.content["reason"]) for each in receiver.received[3:]]
    assert ends == [
        ("streamDestroyed", "forceDisconnected"),
        ("streamDestroyed", "forceDisconnected"),
        ("connectionDestroyed", "forceDisconnected"),
    ]


@pytest.mark.parametrize("query", ["?reason=boredom", "?reason="])
def test_a_client_leaves_for_a_known_reason(
    opentok_service: RunningOpenTok, session_id: str, query: str
) -> None:
    alice = join(opentok_service, session_id)
    stream = publish(opentok_service, alice)

    assert leave(opentok_service, alice, query).status_code == 400
    assert leave(opentok_service, alice, "?reason=mediaStopped").status_code == 400
    assert unpublish(opentok_service, stream, query).status_code == 400


def test_a_callback_is_signed_over_its_raw_body(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    join(opentok_service, session_id)

    assert settled(opentok_service)
    (callback,) = receiver.received
    secret = opentok_service.stand_in.callback_secrets["session"]
    claims = callback.verified_claims(secret)
    assert (callback.path, callback.content_type) == ("/callbacks/session", "application/json")
    assert jwt.get_unverified_header(callback.token) == {"alg": "HS256", "typ": "JWT"}
    assert claims.keys() == {"iat", "jti", "iss", "payload_hash", "api_key"}
    assert claims["api_key"] == API_KEY
    assert abs(claims["iat"] - time.time()) < 5
    with pytest.raises(jwt.InvalidSignatureError):
        callback.verified_claims(opentok_service.stand_in.callback_secrets["archive"])


def test_a_vonage_applications_callback_names_the_application(
    opentok_service: RunningOpenTok, vonage_key_path: str, receiver: CallbackReceiver
) -> None:
    client = opentok_service.vonage_client(vonage_key_path)
    opentok_service.stand_in.connect(client.generate_token(client.create_session().session_id))

    assert settled(opentok_service)
    (callback,) = receiver.received
    claims = callback.verified_claims(opentok_service.stand_in.callback_secrets["session"])
    assert claims["application_id"] == callback.content["applicationId"] == APPLICATION_ID
    assert claims["api_key"] != APPLICATION_ID


def test_each_kind_has_a_secret_of_its_own_and_it_can_be_rotated(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    kinds = opentok_service.stand_in.callback_secrets
    assert set(kinds) == {"session", "archive", "broadcast", "sip", "render", "captions"}
    assert len(set(kinds.values())) == 6

    kinds["session"] = "r" * 32
    join(opentok_service, session_id)

    assert settled(opentok_service)
    assert receiver.received[0].verified_claims("r" * 32)


def test_a_project_without_secure_callbacks_sends_them_unsigned(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    opentok_service.stand_in.sign_callbacks = False
    join(opentok_service, session_id)

    assert settled(opentok_service)
    assert receiver.received[0].authorization == ""


def test_callbacks_come_in_the_order_of_what_happened(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    token = client_jwt(session_id)
    callers = [
        threading.Thread(target=lambda: opentok_service.stand_in.connect(token)) for _ in range(20)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert opentok_service.stand_in.settle(10)
    shown = opentok_service.stand_in.session(session_id)["connections"]
    assert receiver.connection_ids == [each["connectionId"] for each in shown]


@pytest.mark.parametrize("status", [301, 401, 404, 500, 503])
def test_what_is_not_accepted_is_repeated_to_the_letter_until_it_is(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver, status: int
) -> None:
    receiver.statuses = [status, status]
    join(opentok_service, session_id)

    assert settled(opentok_service)
    assert len(receiver.received) == 3
    assert len(set(receiver.received)) == 1
    (delivered,) = opentok_service.stand_in.callback_record()["delivered"]
    assert (delivered["attempts"], delivered["status"]) == (3, 200)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_2xx_is_an_acceptance(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver, status: int
) -> None:
    receiver.statuses = [status]
    join(opentok_service, session_id)

    assert settled(opentok_service)
    assert len(receiver.received) == 1


def test_a_callback_that_fails_holds_up_none_of_the_others(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    opentok_service.stand_in.retry_factor = 0.06  # 300 ms
    receiver.statuses = [503]
    alice, bob = join(opentok_service, session_id), join(opentok_service, session_id)

    assert settled(opentok_service)
    assert receiver.connection_ids == [alice, bob, alice]


def test_a_receiver_that_is_down_gets_it_when_it_is_up(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    with CallbackReceiver() as gone:
        url = gone.url
    opentok_service.stand_in.deliver_to("session", url)
    join(opentok_service, session_id)
    assert not opentok_service.stand_in.settle(0.05)
    (pending,) = opentok_service.stand_in.callback_record()["pending"]
    assert (pending["event"], pending["status"]) == ("connectionCreated", None)

    arrived: list[str] = []

    def accept(environ: Any, start_response: Any) -> list[bytes]:
        arrived.append(environ["PATH_INFO"])
        start_response("204 No Content", [])
        return []

    with HttpServer(accept, port=int(url.split(":")[2].partition("/")[0])):
        assert settled(opentok_service)
    assert arrived == ["/callbacks/session"]


def test_the_delays_double_up_to_a_quarter_of_an_hour_and_end_after_a_day() -> None:
    assert RETRY_DELAYS[:9] == (5, 10, 20, 40, 80, 160, 320, 640, 900)
    assert set(RETRY_DELAYS[8:]) == {900}
    assert 24 * 3600 - 900 < sum(RETRY_DELAYS) <= 24 * 3600


def test_after_a_day_a_callback_is_given_up(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    opentok_service.stand_in.retry_factor = 0
    receiver.statuses = [500] * 1000
    join(opentok_service, session_id)

    assert opentok_service.stand_in.settle(20)
    (failed,) = opentok_service.stand_in.callback_record()["failed"]
    assert (failed["attempts"], failed["status"]) == (len(RETRY_DELAYS) + 1, 500)


def test_what_a_receiver_causes_is_settled_too(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    events: list[str] = []

    def disconnect_at_once(environ: Any, start_response: Any) -> list[bytes]:
        content = json.loads(environ["wsgi.input"].read())
        events.append(content["event"])
        if content["event"] == "connectionCreated":
            opentok_service.client().force_disconnect(session_id, content["connection"]["id"])
        start_response("204 No Content", [])
        return []

    with HttpServer(disconnect_at_once) as server:
        opentok_service.stand_in.deliver_to("session", server.url)
        join(opentok_service, session_id)
        assert settled(opentok_service)

    assert events == ["connectionCreated", "connectionDestroyed"]


def test_no_news_is_sent_where_nobody_asked_for_it(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    opentok_service.stand_in.deliver_to("session", None)
    join(opentok_service, session_id)

    assert settled(opentok_service)
    assert receiver.received == []
    assert not any(opentok_service.stand_in.callback_record().values())


def test_anything_can_be_sent_signed_as_its_kind(
    opentok_service: RunningOpenTok, receiver: CallbackReceiver
) -> None:
    stand_in = opentok_service.stand_in
    stand_in.deliver_to("archive", receiver.url)
    stand_in.send_callback("archive", API_KEY, {"event": "archive", "status": "odd"})

    assert settled(opentok_service)
    (callback,) = receiver.received
    assert callback.content == {"event": "archive", "status": "odd"}
    assert callback.verified_claims(stand_in.callback_secrets["archive"])


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("sessions", "http://127.0.0.1/"),
        ("session", "ftp://127.0.0.1/"),
        ("session", "http://"),
        ("session", "http://127.0.0.1:port/"),
        ("session", "/callbacks"),
    ],
)
def test_a_kind_or_address_that_cannot_be_is_refused(kind: str, url: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        OpenTokStandIn(callbacks={kind: url})


@pytest.mark.parametrize("answers_after_seconds", [0.0, 60.0])
def test_stopping_ends_the_thread_even_if_the_receiver_hangs(
    opentok_service: RunningOpenTok, session_id: str, answers_after_seconds: float
) -> None:
    before = set(threading.enumerate())
    with CallbackReceiver(*[500] * 100) as receiver:
        receiver.answers_after_seconds = answers_after_seconds
        opentok_service.stand_in.deliver_to("session", receiver.url)
        opentok_service.stand_in.connect(client_jwt(session_id))
        while not receiver.received:
            time.sleep(0.01)
        started = time.monotonic()

        opentok_service.stand_in.stop()
        opentok_service.stand_in.stop()

        assert time.monotonic() - started < 2
        opentok_service.stand_in.connect(client_jwt(session_id))
        assert settled(opentok_service)
    assert set(threading.enumerate()) <= before


def test_the_thread_is_gone_when_there_is_nothing_to_send(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    def threads() -> list[str]:
        return [each.name for each in threading.enumerate() if each.name == "opentok-callbacks"]

    for _ in range(3):
        join(opentok_service, session_id)
        assert settled(opentok_service)
        deadline = time.monotonic() + 5
        while threads() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert threads() == []
    assert len(receiver.received) == 3


def test_the_hash_is_of_the_bytes_and_not_of_their_meaning(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    join(opentok_service, session_id, data="Zoë \N{GRINNING FACE}")

    assert settled(opentok_service)
    (callback,) = receiver.received
    claims = callback.verified_claims(opentok_service.stand_in.callback_secrets["session"])
    assert claims["payload_hash"] != hashlib.sha256(callback.body + b" ").hexdigest()
    assert callback.content["connection"]["data"] == "Zoë \N{GRINNING FACE}"


def test_secrets_and_receivers_may_be_given_from_the_start() -> None:
    with CallbackReceiver() as receiver:
        stand_in = OpenTokStandIn(
            projects={API_KEY: API_SECRET},
            callbacks={"session": receiver.url},
            callback_secrets={"session": "s" * 32},
        )
        with HttpServer(stand_in.wsgi_app) as server:
            service = RunningOpenTok(stand_in, server.url)
            join(service, service.client().create_session().session_id)
            assert stand_in.settle(5)
        stand_in.stop()

    assert receiver.received[0].verified_claims("s" * 32)


def test_receivers_may_be_those_of_one_project_alone() -> None:
    with CallbackReceiver() as receiving:
        stand_in = OpenTokStandIn(
            projects={API_KEY: API_SECRET, OTHER_API_KEY: OTHER_API_SECRET},
            callbacks={"session": receiving.url},
            callbacks_of=API_KEY,
        )
        with HttpServer(stand_in.wsgi_app) as server:
            service = RunningOpenTok(stand_in, server.url)
            own = service.client().create_session().session_id
            others = service.client(OTHER_API_KEY, OTHER_API_SECRET).create_session().session_id
            stand_in.connect(client_jwt(others, OTHER_API_SECRET, iss=OTHER_API_KEY))
            stand_in.connect(client_jwt(own))

            assert settled(service)
        stand_in.stop()

    assert [each.content["sessionId"] for each in receiving.received] == [own]
