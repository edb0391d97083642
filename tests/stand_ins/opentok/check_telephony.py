"""SIP calls, touch tones and the Audio Connector."""

from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import time_machine
from opentok.exceptions import InvalidMediaModeError, SipDialError

from tests.stand_ins.callback_receiver import CallbackReceiver
from tests.stand_ins.clients import join, rest
from tests.stand_ins.known import API_KEY, RunningOpenTok, client_jwt

SIP = {"uri": "sip:desk@phone.test"}
WEBSOCKET = {"uri": "wss://listener.test/audio"}


def dial(service: RunningOpenTok, session_id: str, **wanted: Any) -> requests.Response:
    body = {"sessionId": session_id, "token": client_jwt(session_id), "sip": SIP} | wanted
    return rest(service, "POST", "dial", json=body)


def test_the_sdk_dials_somebody_into_a_session(
    opentok_service: RunningOpenTok, routed_id: str
) -> None:
    token = client_jwt(routed_id, connection_data="desk")
    options = {
        "from": "from@app.test",
        "headers": {"X-Room": "retro"},
        "auth": {"username": "u", "password": "p"},
        "secure": True,
        "video": True,
        "observeForceMute": True,
    }

    call = opentok_service.client().dial(routed_id, token, SIP["uri"], options)

    shown = opentok_service.stand_in.session(routed_id)
    assert [(each["connectionId"], each["data"]) for each in shown["connections"]] == [
        (call.connectionId, "desk")
    ]
    assert [(each["streamId"], each["videoType"]) for each in shown["streams"]] == [
        (call.streamId, "camera")
    ]


def test_callbacks_report_the_start_and_the_end_of_a_call(
    opentok_service: RunningOpenTok, routed_id: str, receiver: CallbackReceiver
) -> None:
    opentok_service.stand_in.deliver_to("session", None)
    opentok_service.stand_in.deliver_to("sip", receiver.url)
    call = dial(opentok_service, routed_id).json()

    opentok_service.client().force_disconnect(routed_id, call["connectionId"])

    assert opentok_service.stand_in.settle(5)
    created, destroyed = (each.content for each in receiver.received)
    call = {
        "id": call["id"],
        "connectionId": call["connectionId"],
        "createdAt": call["createdAt"],
    }
    assert created == {
        "sessionId": routed_id,
        "projectId": API_KEY,
        "event": "callCreated",
        "timestamp": call["createdAt"],
        "call": call,
    }
    assert (destroyed["event"], destroyed["call"]) == ("callDestroyed", call)
    assert (destroyed["reason_code"], destroyed["reason_message"]) == ("700", "Normal hangup")
    assert receiver.received[0].verified_claims(opentok_service.stand_in.callback_secrets["sip"])


def test_a_registered_address_hears_of_calls(
    opentok_service: RunningOpenTok, routed_id: str, receiver: CallbackReceiver
) -> None:
    opentok_service.stand_in.deliver_to("session", None)
    registered = {"group": "sip_call", "event": "created", "url": receiver.url}
    rest(opentok_service, "POST", "callback", json=registered)

    dial(opentok_service, routed_id)

    assert opentok_service.stand_in.settle(5)
    assert receiver.events == ["callCreated"]


def test_a_call_lasts_six_hours_at_most(
    opentok_service: RunningOpenTok, routed_id: str, receiver: CallbackReceiver
) -> None:
    opentok_service.stand_in.deliver_to("sip", receiver.url)
    opentok_service.stand_in.deliver_to("session", None)
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        dial(opentok_service, routed_id)
        clock.shift(6 * 3600)
        opentok_service.stand_in.advance()

    assert opentok_service.stand_in.session(routed_id)["connections"] == []
    assert opentok_service.stand_in.settle(5)
    assert [each.content.get("reason_code") for each in receiver.received] == [None, "705"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"sip": {}},
        {"sip": {"uri": "tel:+41"}},
        {"sip": SIP | {"headers": {"Room": "retro"}}},
        {"sip": SIP | {"auth": {"username": "u"}}},
        {"sip": SIP | {"streams": "all"}},
        {"token": "none"},
        {"sessionId": ""},
    ],
)
def test_a_call_that_cannot_be_is_400_and_connects_nobody(
    opentok_service: RunningOpenTok, routed_id: str, wanted: dict[str, Any]
) -> None:
    assert dial(opentok_service, routed_id, **wanted).status_code == 400
    assert opentok_service.stand_in.session(routed_id)["connections"] == []


def test_a_call_needs_a_token_that_publishes_in_its_session(
    opentok_service: RunningOpenTok, routed_id: str, session_id: str
) -> None:
    for token in (client_jwt(routed_id, role="subscriber"), client_jwt(session_id)):
        assert dial(opentok_service, routed_id, token=token).status_code == 400


def test_a_relayed_session_is_not_dialled_into(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    with pytest.raises(SipDialError):
        opentok_service.client().dial(session_id, client_jwt(session_id), SIP["uri"])

    assert dial(opentok_service, session_id).status_code == 409


def test_the_sdk_plays_touch_tones_to_all_or_to_one(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    client = opentok_service.client()
    alice = join(opentok_service, session_id)

    assert client.play_dtmf(session_id, None, "17#*p0").status_code == 200
    assert client.play_dtmf(session_id, alice, "9").status_code == 200

    assert opentok_service.stand_in.session(session_id)["tones"] == [
        {"digits": "17#*p0", "connectionId": None},
        {"digits": "9", "connectionId": alice},
    ]


@pytest.mark.parametrize("digits", ["", "12a", "1 2", "٣"])
def test_what_is_no_digit_is_400(
    opentok_service: RunningOpenTok, session_id: str, digits: str
) -> None:
    join(opentok_service, session_id)
    path = f"session/{session_id}/play-dtmf"

    answer = rest(opentok_service, "POST", path, json={"digits": digits})

    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["message"]) == (400, "Invalid DTMF Digits")


def test_tones_for_one_who_is_not_there_are_404(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    body = {"digits": "1"}
    never_entered = f"session/{session_id}/play-dtmf"
    assert rest(opentok_service, "POST", never_entered, json=body).status_code == 404
    join(opentok_service, session_id)
    path = f"session/{session_id}/connection/nobody/play-dtmf"

    assert rest(opentok_service, "POST", path, json=body).status_code == 404


def test_the_sdk_connects_audio_to_a_websocket(
    opentok_service: RunningOpenTok, routed_id: str
) -> None:
    token = client_jwt(routed_id, role="subscriber", connection_data="listener")
    options = WEBSOCKET | {
        "headers": {"room": "retro"},
        "audio_transport": {"transport": "binary"},
    }

    connected = opentok_service.client().connect_audio_to_websocket(routed_id, token, options)

    (shown,) = opentok_service.stand_in.session(routed_id)["connections"]
    assert (shown["connectionId"], shown["data"]) == (connected.connectionId, "listener")


@pytest.mark.parametrize(
    "websocket",
    [
        {},
        {"uri": "https://listener.test"},
        WEBSOCKET | {"audioRate": 44_100},
        WEBSOCKET | {"headers": {"x": "y" * 512}},
        WEBSOCKET | {"audioTransport": {"transport": "binary"}},
    ],
)
def test_a_websocket_that_cannot_be_is_400(
    opentok_service: RunningOpenTok, routed_id: str, websocket: dict[str, Any]
) -> None:
    body = {"sessionId": routed_id, "token": client_jwt(routed_id), "websocket": websocket}

    assert rest(opentok_service, "POST", "connect", json=body).status_code == 400


def test_a_relayed_session_gives_no_audio_away(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    with pytest.raises(InvalidMediaModeError):
        opentok_service.client().connect_audio_to_websocket(
            session_id, client_jwt(session_id), WEBSOCKET
        )
