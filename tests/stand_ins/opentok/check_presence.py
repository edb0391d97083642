import time
from typing import Any

import pytest
import requests
from opentok.exceptions import GetStreamError, RequestError

from tests.stand_ins.clients import ask_to_publish, join, leave, publish, rest, unpublish
from tests.stand_ins.known import (
    API_KEY,
    APPLICATION_ID,
    OTHER_API_KEY,
    OTHER_API_SECRET,
    RunningOpenTok,
    application_jwt,
    client_jwt,
    project_jwt,
)

NOT_FOUND = {"code": -1, "message": "Session not found", "description": "Session not found"}


def test_connections_are_listed_as_opentok_lists_them(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    before = int(time.time() * 1000)
    alice = join(opentok_service, session_id)
    bob = join(opentok_service, session_id, "subscriber")

    answer = rest(opentok_service, "GET", f"session/{session_id}/connection")

    content = answer.json()
    first, second = content.pop("items")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert content == {"count": 2, "projectId": API_KEY, "sessionId": session_id}
    assert (first["connectionId"], second["connectionId"]) == (alice, bob)
    assert first.keys() == {"connectionId", "connectionState", "createdAt"}
    assert first["connectionState"] == "Connected"
    assert isinstance(first["createdAt"], str)
    assert before <= int(first["createdAt"]) <= int(time.time() * 1000)


@pytest.mark.parametrize("what", ["connection", "stream"])
def test_a_session_does_not_exist_before_anyone_has_connected(
    opentok_service: RunningOpenTok, session_id: str, what: str
) -> None:
    answer = rest(opentok_service, "GET", f"session/{session_id}/{what}")

    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize("what", ["connection", "stream"])
def test_a_session_that_everyone_has_left_is_empty(
    opentok_service: RunningOpenTok, session_id: str, what: str
) -> None:
    leave(opentok_service, join(opentok_service, session_id))

    answer = rest(opentok_service, "GET", f"session/{session_id}/{what}")

    assert (answer.status_code, answer.json()["count"], answer.json()["items"]) == (200, 0, [])


def test_the_sdk_lists_streams_and_finds_one(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    client = opentok_service.client()
    alice = join(opentok_service, session_id)
    camera = publish(opentok_service, alice, name="Alice")
    screen = publish(opentok_service, alice, videoType="screen")

    listed = client.list_streams(session_id)

    assert listed.count == 2
    assert [each.id for each in listed] == [camera, screen]
    assert client.get_stream(session_id, screen).attrs() == {
        "id": screen,
        "videoType": "screen",
        "name": "",
        "layoutClassList": [],
    }


def test_a_stream_bears_the_layout_classes_of_its_clients_token(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    client = opentok_service.client()
    token = client.generate_token(session_id, initial_layout_class_list=["focus", "left"])
    connected = requests.post(
        f"{opentok_service.url}/sim/connections", json={"token": token}, timeout=5
    )
    stream = publish(opentok_service, connected.json()["connectionId"])

    assert client.get_stream(session_id, stream).layoutClassList == ["focus", "left"]


def test_a_stream_without_video_has_no_video_type(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    stream = publish(opentok_service, join(opentok_service, session_id), videoType=None)

    answer = rest(opentok_service, "GET", f"session/{session_id}/stream/{stream}")

    assert answer.json() == {"id": stream, "name": "", "layoutClassList": []}


def test_one_stream_of_a_session_without_any_is_404_and_of_others_408(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    client = opentok_service.client()
    alice = join(opentok_service, session_id)
    with pytest.raises(RequestError) as none_at_all:
        client.get_stream(session_id, "none")
    publish(opentok_service, alice)

    with pytest.raises(GetStreamError, match="invalid stream ID"):
        client.get_stream(session_id, "none")
    assert none_at_all.value.args[1] == 404
    assert [call.status for call in opentok_service.stand_in.calls[-2:]] == [404, 408]


def test_what_a_client_published_goes_with_it(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    alice, bob = join(opentok_service, session_id), join(opentok_service, session_id)
    publish(opentok_service, alice)
    kept = publish(opentok_service, bob)
    ended = publish(opentok_service, bob)

    leave(opentok_service, alice)
    assert unpublish(opentok_service, ended).status_code == 204

    assert [each.id for each in opentok_service.client().list_streams(session_id)] == [kept]
    assert unpublish(opentok_service, ended).status_code == 404


@pytest.mark.parametrize("role", ["publisher", "publisheronly", "moderator"])
def test_every_role_but_a_subscriber_publishes(
    opentok_service: RunningOpenTok, session_id: str, role: str
) -> None:
    assert publish(opentok_service, join(opentok_service, session_id, role))


def test_a_subscriber_may_not_publish(opentok_service: RunningOpenTok, session_id: str) -> None:
    answer = ask_to_publish(opentok_service, join(opentok_service, session_id, "subscriber"))

    assert (answer.status_code, answer.json()) == (403, {"reason": "A subscriber may not publish"})


def test_nobody_publishes_without_a_connection(opentok_service: RunningOpenTok) -> None:
    assert ask_to_publish(opentok_service, "nobody").status_code == 404


def test_a_stream_has_one_of_three_video_types(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    alice = join(opentok_service, session_id)

    assert ask_to_publish(opentok_service, alice, videoType="film").status_code == 400


def test_the_session_shows_its_streams(opentok_service: RunningOpenTok, session_id: str) -> None:
    alice = join(opentok_service, session_id, data="x")
    stream = publish(opentok_service, alice, name="Zoë", videoType="custom")

    shown = requests.get(f"{opentok_service.url}/sim/sessions/{session_id}", timeout=5).json()

    assert shown == opentok_service.stand_in.session(session_id)
    assert shown["connections"][0]["data"] == "x"
    assert shown["streams"] == [
        {
            "streamId": stream,
            "connectionId": alice,
            "name": "Zoë",
            "videoType": "custom",
            "muted": False,
        }
    ]


ROUTES = [
    ("GET", "session/{}/connection"),
    ("GET", "session/{}/stream"),
    ("GET", "session/{}/stream/s"),
    ("POST", "session/{}/signal"),
    ("POST", "session/{}/connection/c/signal"),
    ("DELETE", "session/{}/connection/c"),
    ("POST", "session/{}/mute"),
    ("POST", "session/{}/stream/11111111-2222-4333-8444-555555555555/mute"),
]
BODIES = {"signal": {"data": "x"}, "mute": {"active": True}}


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_asks_for_the_projects_own_credentials(
    opentok_service: RunningOpenTok, session_id: str, method: str, path: str
) -> None:
    join(opentok_service, session_id)
    own, others = {"X-OPENTOK-AUTH": project_jwt()}, project_jwt(OTHER_API_SECRET)
    refused = [
        rest(opentok_service, method, path.format(session_id), headers=headers, key=key)
        for headers, key in [
            ({}, API_KEY),
            ({"X-OPENTOK-AUTH": others}, API_KEY),
            (own, OTHER_API_KEY),
        ]
    ]

    assert [answer.status_code for answer in refused] == [403, 403, 403]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_hides_the_sessions_of_other_projects(
    opentok_service: RunningOpenTok, session_id: str, method: str, path: str
) -> None:
    join(opentok_service, session_id)
    headers = {"X-OPENTOK-AUTH": project_jwt(OTHER_API_SECRET, iss=OTHER_API_KEY)}

    answer = rest(
        opentok_service,
        method,
        path.format(session_id),
        key=OTHER_API_KEY,
        headers=headers | {"Accept": "application/json"},
        json=BODIES.get(path.rpartition("/")[2]),
    )

    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_meets_the_planned_faults(
    opentok_service: RunningOpenTok, session_id: str, method: str, path: str
) -> None:
    fault = {"path": f"/v2/project/{API_KEY}", "status": 503, "times": 1}
    requests.post(f"{opentok_service.url}/sim/faults", json=fault, timeout=5)

    answer = rest(opentok_service, method, path.format(session_id))

    assert answer.status_code == 503


def test_a_vonage_application_lists_its_connections_by_its_bearer(
    opentok_service: RunningOpenTok, vonage_key_path: str, vonage_private_pem: str
) -> None:
    client = opentok_service.vonage_client(vonage_key_path)
    session_id = client.create_session().session_id
    token = client.generate_token(session_id)
    requests.post(f"{opentok_service.url}/sim/connections", json={"token": token}, timeout=5)

    answer = rest(
        opentok_service,
        "GET",
        f"session/{session_id}/connection",
        key=APPLICATION_ID,
        headers={"Authorization": f"Bearer {application_jwt(vonage_private_pem)}"},
    )

    assert (answer.status_code, answer.json()["projectId"]) == (200, APPLICATION_ID)
    assert answer.json()["count"] == 1
    assert client.list_streams(session_id).count == 0


def test_5000_connections_are_listed_at_once(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    token = client_jwt(session_id)
    for _ in range(5000):
        opentok_service.stand_in.connect(token)

    answer = rest(opentok_service, "GET", f"session/{session_id}/connection")

    assert answer.json()["count"] == len(answer.json()["items"]) == 5000


def test_the_sdk_sets_the_layout_classes_of_streams(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    client = opentok_service.client()
    alice = join(opentok_service, session_id)
    camera, screen = publish(opentok_service, alice), publish(opentok_service, alice)

    client.set_stream_class_lists(session_id, [{"id": camera, "layoutClassList": ["full", "top"]}])

    assert client.get_stream(session_id, camera).layoutClassList == ["full", "top"]
    assert client.get_stream(session_id, screen).layoutClassList == []
    items = [{"id": screen, "layoutClassList": ["full"]}]
    answer = rest(opentok_service, "PUT", f"session/{session_id}/stream", json={"items": items})
    assert answer.json()["count"] == 1
    assert answer.json()["items"][0]["layoutClassList"] == ["full"]


@pytest.mark.parametrize("classes", ["full", [1], None])
def test_layout_classes_that_are_none_are_400_and_change_nothing(
    opentok_service: RunningOpenTok, session_id: str, classes: Any
) -> None:
    camera = publish(opentok_service, join(opentok_service, session_id))
    good = {"id": camera, "layoutClassList": ["full"]}
    for bad in ({"id": camera, "layoutClassList": classes}, {"id": "x", "layoutClassList": []}):
        answer = rest(
            opentok_service, "PUT", f"session/{session_id}/stream", json={"items": [good, bad]}
        )
        assert answer.status_code == 400

    assert opentok_service.client().get_stream(session_id, camera).layoutClassList == []
