from typing import Any

import pytest
import requests
from opentok.exceptions import ForceDisconnectError, RequestError

from tests.stand_ins.clients import join, publish, rest
from tests.stand_ins.known import RunningOpenTok


def test_the_sdk_signals_to_everyone(opentok_service: RunningOpenTok, session_id: str) -> None:
    alice, bob = join(opentok_service, session_id), join(opentok_service, session_id)

    opentok_service.client().send_signal(session_id, {"type": "chat", "data": "Hi, Zoë"})

    assert opentok_service.stand_in.session(session_id)["signals"] == [
        {"type": "chat", "data": "Hi, Zoë", "connectionId": None, "recipients": [alice, bob]}
    ]
    (call,) = [call for call in opentok_service.stand_in.calls if "signal" in call.path]
    assert (call.status, call.json) == (204, {"type": "chat", "data": "Hi, Zoë"})


def test_the_sdk_signals_to_one(opentok_service: RunningOpenTok, session_id: str) -> None:
    join(opentok_service, session_id)
    bob = join(opentok_service, session_id)

    opentok_service.client().send_signal(session_id, {"data": "psst"}, bob)

    assert opentok_service.stand_in.session(session_id)["signals"] == [
        {"type": None, "data": "psst", "connectionId": bob, "recipients": [bob]}
    ]


def test_a_signal_to_one_who_is_not_there_is_404(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    join(opentok_service, session_id)
    elsewhere = join(opentok_service, opentok_service.client().create_session().session_id)

    with pytest.raises(RequestError) as refused:
        opentok_service.client().send_signal(session_id, {"data": "x"}, elsewhere)

    assert refused.value.args[1] == 404
    assert opentok_service.stand_in.session(session_id)["signals"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"type": "é" * 64, "data": ""}, 204),
        ({"type": "é" * 65, "data": ""}, 413),
        ({"data": "é" * 4096}, 204),
        ({"data": "é" * 4097}, 413),
        ({"type": None, "data": "x"}, 204),
        ({"type": "x"}, 400),
        ({"type": 1, "data": "x"}, 400),
        ({"data": {"x": 1}}, 400),
        (["x"], 400),
    ],
)
def test_a_signal_has_text_of_limited_length(
    opentok_service: RunningOpenTok, session_id: str, body: Any, status: int
) -> None:
    alice = join(opentok_service, session_id)

    for path in ("signal", f"connection/{alice}/signal"):
        answer = rest(opentok_service, "POST", f"session/{session_id}/{path}", json=body)
        assert answer.status_code == status


def test_a_body_that_is_not_said_to_be_json_is_415(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    answer = rest(opentok_service, "POST", f"session/{session_id}/signal", data={"data": "x"})

    assert answer.status_code == 415


def test_a_body_that_is_no_json_is_400(opentok_service: RunningOpenTok, session_id: str) -> None:
    plain = rest(opentok_service, "GET", "callback").request.headers
    headers = {**plain, "Content-Type": "application/json"}

    answer = rest(
        opentok_service, "POST", f"session/{session_id}/mute", data=b'{"\xff', headers=headers
    )

    assert answer.status_code == 400
    assert opentok_service.stand_in.calls[-1].json is None


def test_the_sdk_disconnects_one(opentok_service: RunningOpenTok, session_id: str) -> None:
    client = opentok_service.client()
    alice, bob = join(opentok_service, session_id), join(opentok_service, session_id)
    publish(opentok_service, alice)

    client.force_disconnect(session_id, alice)

    shown = opentok_service.stand_in.session(session_id)
    assert [each["connectionId"] for each in shown["connections"]] == [bob]
    assert shown["streams"] == []
    with pytest.raises(ForceDisconnectError):
        client.force_disconnect(session_id, alice)


def test_a_disconnect_whose_answer_is_lost_has_happened(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    alice = join(opentok_service, session_id)
    fault = {"path": f"connection/{alice}", "drop": True, "times": 1}
    requests.post(f"{opentok_service.url}/sim/faults", json=fault, timeout=5)

    with pytest.raises(requests.ConnectionError):
        opentok_service.client().force_disconnect(session_id, alice)

    assert opentok_service.stand_in.session(session_id)["connections"] == []


def test_a_connection_of_another_session_cannot_be_disconnected(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    client = opentok_service.client()
    join(opentok_service, session_id)
    other_session = client.create_session().session_id
    elsewhere = join(opentok_service, other_session)

    with pytest.raises(ForceDisconnectError):
        client.force_disconnect(session_id, elsewhere)

    assert len(opentok_service.stand_in.session(other_session)["connections"]) == 1


def muted(service: RunningOpenTok, session_id: str) -> dict[str, bool]:
    streams = service.stand_in.session(session_id)["streams"]
    return {each["streamId"]: each["muted"] for each in streams}


def test_the_sdk_mutes_one_stream(opentok_service: RunningOpenTok, session_id: str) -> None:
    alice = join(opentok_service, session_id)
    camera, screen = publish(opentok_service, alice), publish(opentok_service, alice)

    answer = opentok_service.client().mute_stream(session_id, camera)

    assert (answer.status_code, answer.text) == (200, "")
    assert muted(opentok_service, session_id) == {camera: True, screen: False}
    assert opentok_service.stand_in.session(session_id)["mutes"] == [{"streamId": camera}]


@pytest.mark.parametrize(
    ("stream_id", "status"), [("none", 408), ("11111111-2222-4333-8444-555555555555", 404)]
)
def test_a_stream_that_is_not_there_cannot_be_muted(
    opentok_service: RunningOpenTok, session_id: str, stream_id: str, status: int
) -> None:
    publish(opentok_service, join(opentok_service, session_id))

    answer = rest(opentok_service, "POST", f"session/{session_id}/stream/{stream_id}/mute")

    assert answer.status_code == status


def test_the_sdk_mutes_all_with_exceptions_and_lifts_it(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    client = opentok_service.client()
    alice = join(opentok_service, session_id)
    first, spared = publish(opentok_service, alice), publish(opentok_service, alice)

    assert client.mute_all(session_id, [spared]).status_code == 200
    newcomer = publish(opentok_service, alice)
    assert client.disable_force_mute(session_id).status_code == 200
    later = publish(opentok_service, alice)

    assert muted(opentok_service, session_id) == {
        first: True,
        spared: False,
        newcomer: True,
        later: False,
    }
    assert opentok_service.stand_in.session(session_id)["mutes"] == [
        {"active": True, "excludedStreamIds": [spared]},
        {"active": False, "excludedStreamIds": []},
    ]


@pytest.mark.parametrize("field", ["excludedStreamIds", "excludedStreams"])
def test_either_name_of_the_exceptions_is_understood(
    opentok_service: RunningOpenTok, session_id: str, field: str
) -> None:
    spared = publish(opentok_service, join(opentok_service, session_id))
    body = {"active": True, field: [spared]}

    answer = rest(opentok_service, "POST", f"session/{session_id}/mute", json=body)

    assert (answer.status_code, muted(opentok_service, session_id)) == (200, {spared: False})


@pytest.mark.parametrize(
    "body", [{}, {"active": "yes"}, {"active": True, "excludedStreamIds": [1]}]
)
def test_a_mute_that_makes_no_sense_is_400(
    opentok_service: RunningOpenTok, session_id: str, body: dict[str, Any]
) -> None:
    join(opentok_service, session_id)

    answer = rest(opentok_service, "POST", f"session/{session_id}/mute", json=body)

    assert answer.status_code == 400


def test_a_vonage_application_moderates_its_session(
    opentok_service: RunningOpenTok, vonage_key_path: str
) -> None:
    client = opentok_service.vonage_client(vonage_key_path)
    session_id = client.create_session().session_id
    token = client.generate_token(session_id)
    connected = requests.post(
        f"{opentok_service.url}/sim/connections", json={"token": token}, timeout=5
    )
    alice = connected.json()["connectionId"]
    stream = publish(opentok_service, alice)

    client.send_signal(session_id, {"data": "x"})
    assert client.mute_stream(session_id, stream).status_code == 200
    assert client.mute_all(session_id, []).status_code == 200
    client.force_disconnect(session_id, alice)

    shown = opentok_service.stand_in.session(session_id)
    assert (len(shown["signals"]), len(shown["mutes"]), shown["connections"]) == (1, 2, [])
