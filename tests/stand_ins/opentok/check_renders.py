from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import time_machine
from opentok.exceptions import NotFoundError, RequestError

from tests.stand_ins.callback_receiver import CallbackReceiver
from tests.stand_ins.clients import join, rest
from tests.stand_ins.known import API_KEY, RunningOpenTok, client_jwt

UNKNOWN = "11111111-2222-4333-8444-555555555555"
PAGE = "https://app.test/stage"


def start(service: RunningOpenTok, session_id: str, **wanted: Any) -> requests.Response:
    body = {"sessionId": session_id, "token": client_jwt(session_id), "url": PAGE} | wanted
    return rest(service, "POST", "render", json=body)


def connections(service: RunningOpenTok, session_id: str) -> list[str]:
    shown = service.stand_in.session(session_id)["connections"]
    return [each["connectionId"] for each in shown]


def test_the_sdk_composes_a_page_into_a_session(
    opentok_service: RunningOpenTok, routed_id: str
) -> None:
    client = opentok_service.client()
    token = client_jwt(routed_id, connection_data="stage")

    starting = client.start_render(routed_id, token, PAGE, properties={"name": "Stage"})
    started = client.get_render(starting.id)

    assert (starting.status, starting.streamId) == ("starting", None)
    assert (started.status, started.url, started.projectId) == ("started", PAGE, API_KEY)
    shown = opentok_service.stand_in.session(routed_id)
    assert [each["data"] for each in shown["connections"]] == ["stage"]
    assert [(each["streamId"], each["name"]) for each in shown["streams"]] == [
        (started.streamId, "Stage")
    ]

    assert client.stop_render(starting.id).status_code == 200
    assert connections(opentok_service, routed_id) == []
    assert client.get_render(starting.id).status == "stopped"
    assert [each.id for each in client.list_renders().items] == [starting.id]


def test_a_stop_is_answered_with_204_on_demand(
    opentok_service: RunningOpenTok, routed_id: str
) -> None:
    render_id = start(opentok_service, routed_id).json()["id"]
    opentok_service.stand_in.render_stop_status = 204

    with pytest.raises(RequestError):
        opentok_service.client().stop_render(render_id)

    assert connections(opentok_service, routed_id) == []


def test_an_unknown_render_is_404(opentok_service: RunningOpenTok) -> None:
    client = opentok_service.client()

    with pytest.raises(NotFoundError):
        client.get_render(UNKNOWN)
    with pytest.raises(NotFoundError):
        client.stop_render(UNKNOWN)


def test_a_relayed_session_takes_no_render(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    join(opentok_service, session_id)

    assert start(opentok_service, session_id).status_code == 409


@pytest.mark.parametrize(
    "wanted",
    [
        {"token": "none"},
        {"url": "https://a.test"},
        {"url": None},
        {"maxDuration": 59},
        {"maxDuration": 36_001},
        {"resolution": "800x600"},
        {"properties": {"name": ""}},
        {"properties": {"name": "x" * 201}},
    ],
)
def test_what_cannot_be_is_400_and_connects_nothing(
    opentok_service: RunningOpenTok, routed_id: str, wanted: dict[str, Any]
) -> None:
    assert start(opentok_service, routed_id, **wanted).status_code == 400
    assert connections(opentok_service, routed_id) == []


def test_a_subscribers_token_cannot_publish_a_page(
    opentok_service: RunningOpenTok, routed_id: str
) -> None:
    token = client_jwt(routed_id, role="subscriber")

    assert start(opentok_service, routed_id, token=token).status_code == 400


def test_a_render_is_reported_by_kind_and_to_its_own_address(
    opentok_service: RunningOpenTok, routed_id: str, receiver: CallbackReceiver
) -> None:
    opentok_service.stand_in.deliver_to("session", None)
    opentok_service.stand_in.deliver_to("render", receiver.url)
    own = receiver.url.replace("session", "own")
    render_id = start(opentok_service, routed_id, statusCallbackUrl=own).json()["id"]
    stream_id = rest(opentok_service, "GET", f"render/{render_id}").json()["streamId"]

    opentok_service.client().force_disconnect(routed_id, connections(opentok_service, routed_id)[0])

    assert opentok_service.stand_in.settle(5)
    assert [(each.path, each.content["status"]) for each in receiver.received] == [
        ("/callbacks/session", "started"),
        ("/callbacks/own", "started"),
        ("/callbacks/session", "stopped"),
        ("/callbacks/own", "stopped"),
    ]
    assert receiver.received[-1].content == {
        "id": render_id,
        "sessionId": routed_id,
        "streamId": stream_id,
        "status": "stopped",
        "reason": "Stop Requested",
    }


def test_a_render_ends_in_time(opentok_service: RunningOpenTok, routed_id: str) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        render_id = start(opentok_service, routed_id, maxDuration=60).json()["id"]
        clock.shift(60)
        ended = rest(opentok_service, "GET", f"render/{render_id}").json()

    assert (ended["status"], ended["reason"]) == ("stopped", "Max duration exceeded")
    assert connections(opentok_service, routed_id) == []
