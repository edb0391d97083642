import re
from typing import Any

import pytest
import requests

from tests.stand_ins.callback_receiver import CallbackReceiver
from tests.stand_ins.clients import join, leave, publish, rest
from tests.stand_ins.known import (
    APPLICATION_ID,
    OTHER_API_KEY,
    OTHER_API_SECRET,
    RunningOpenTok,
    application_jwt,
    client_jwt,
    project_jwt,
)


def other_project() -> dict[str, Any]:
    """Return the arguments of another project's call, with a new header, valid for minutes."""
    jwt = project_jwt(OTHER_API_SECRET, iss=OTHER_API_KEY)
    return {"key": OTHER_API_KEY, "headers": {"X-OPENTOK-AUTH": jwt}}


def register(
    service: RunningOpenTok, group: str, event: str, url: str, **sent: Any
) -> requests.Response:
    wanted = {"group": group, "event": event, "url": url}
    return rest(service, "POST", "callback", json=wanted, **sent)


def test_registered_events_are_sent_to_their_address_and_no_others(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    with CallbackReceiver() as receiver:
        answer = register(opentok_service, "connection", "destroyed", receiver.url)
        register(opentok_service, "stream", "created", receiver.url)
        alice = join(opentok_service, session_id)
        publish(opentok_service, alice)
        leave(opentok_service, alice)
        assert opentok_service.stand_in.settle(5)

    added = answer.json()
    assert answer.status_code == 200
    assert re.fullmatch(r"[0-9a-f-]{36}", added.pop("id"))
    assert isinstance(added.pop("createdAt"), int)
    assert added == {"group": "connection", "event": "destroyed", "url": receiver.url}
    assert receiver.events == ["streamCreated", "connectionDestroyed"]
    secret = opentok_service.stand_in.callback_secrets["session"]
    assert receiver.received[0].verified_claims(secret)


def test_an_address_that_is_set_twice_gets_each_callback_once(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    for _ in range(2):
        register(opentok_service, "connection", "created", receiver.url)
    with CallbackReceiver() as second:
        register(opentok_service, "connection", "created", second.url)
        join(opentok_service, session_id)
        assert opentok_service.stand_in.settle(5)

    assert (len(receiver.received), len(second.received)) == (1, 1)


def test_a_project_registers_for_itself_alone(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    with CallbackReceiver() as receiver:
        register(opentok_service, "connection", "created", receiver.url, **other_project())
        join(opentok_service, session_id)
        assert opentok_service.stand_in.settle(5)
        assert receiver.received == []

        client = opentok_service.client(OTHER_API_KEY, OTHER_API_SECRET)
        other_session = client.create_session().session_id
        opentok_service.stand_in.connect(
            client_jwt(other_session, OTHER_API_SECRET, iss=OTHER_API_KEY)
        )
        assert opentok_service.stand_in.settle(5)

    assert [each.content["projectId"] for each in receiver.received] == [OTHER_API_KEY]


def test_registrations_are_listed_and_removed_by_their_project(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    with CallbackReceiver() as receiver:
        added = register(opentok_service, "connection", "created", receiver.url).json()
        path = f"callback/{added['id']}"

        assert rest(opentok_service, "GET", "callback").json() == [added]
        assert rest(opentok_service, "GET", "callback", **other_project()).json() == []
        assert rest(opentok_service, "DELETE", path, **other_project()).status_code == 404
        assert rest(opentok_service, "DELETE", path).status_code == 204
        assert rest(opentok_service, "DELETE", path).status_code == 404
        assert rest(opentok_service, "GET", "callback").json() == []

        join(opentok_service, session_id)
        assert opentok_service.stand_in.settle(5)
    assert receiver.received == []


@pytest.mark.parametrize(
    "wanted",
    [
        {"group": "connection", "event": "updated", "url": "http://127.0.0.1/"},
        {"group": "session", "event": "created", "url": "http://127.0.0.1/"},
        {"group": "connection", "event": "created", "url": "127.0.0.1"},
        {"group": "connection", "event": "created", "url": "http://127.0.0.1/" + "x" * 8096},
        {"group": "connection", "event": "created"},
    ],
)
def test_what_cannot_be_registered_is_400(
    opentok_service: RunningOpenTok, wanted: dict[str, str]
) -> None:
    assert rest(opentok_service, "POST", "callback", json=wanted).status_code == 400


@pytest.mark.parametrize(
    ("group", "event"),
    [("archive", "status"), ("stream", "destroyed"), ("sip_call", "created")],
)
def test_other_groups_can_be_registered_too(
    opentok_service: RunningOpenTok, group: str, event: str
) -> None:
    assert register(opentok_service, group, event, "https://example.test/x").status_code == 200


def test_without_credentials_nothing_is_registered(opentok_service: RunningOpenTok) -> None:
    answer = register(opentok_service, "archive", "status", "http://127.0.0.1/", headers={})

    assert answer.status_code == 403


def test_a_vonage_application_registers_by_its_bearer(
    opentok_service: RunningOpenTok, vonage_private_pem: str
) -> None:
    bearer = application_jwt(vonage_private_pem)

    answer = register(
        opentok_service,
        "connection",
        "created",
        "http://127.0.0.1/",
        key=APPLICATION_ID,
        headers={"Authorization": f"Bearer {bearer}"},
    )

    assert answer.status_code == 200
