from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import time_machine
from opentok.exceptions import CaptioningAlreadyInProgressError, NotFoundError

from tests.stand_ins.callback_receiver import CallbackReceiver
from tests.stand_ins.clients import join, leave, rest
from tests.stand_ins.known import API_KEY, RunningOpenTok, client_jwt


def moderator(session_id: str) -> str:
    return client_jwt(session_id, role="moderator")


def started(service: RunningOpenTok, session_id: str, **wanted: Any) -> requests.Response:
    body = {"sessionId": session_id, "token": moderator(session_id)} | wanted
    return rest(service, "POST", "captions", json=body)


def test_the_sdk_starts_and_stops_captions(opentok_service: RunningOpenTok, entered: str) -> None:
    client = opentok_service.client()

    captions_id = client.start_captions(entered, moderator(entered)).captions_id
    client.stop_captions(captions_id)

    statuses = [each.status for each in opentok_service.stand_in.calls if "captions" in each.path]
    assert statuses == [202, 202]
    with pytest.raises(NotFoundError):
        client.stop_captions(captions_id)


def test_a_session_has_captions_once(opentok_service: RunningOpenTok, entered: str) -> None:
    client = opentok_service.client()
    captions_id = client.start_captions(entered, moderator(entered)).captions_id

    with pytest.raises(CaptioningAlreadyInProgressError):
        client.start_captions(entered, moderator(entered))
    refused = started(opentok_service, entered)

    message = "Audio captioning is already enabled"
    assert refused.status_code == 409
    assert refused.json() == {"code": 60003, "message": message, "description": message}
    client.stop_captions(captions_id)
    assert started(opentok_service, entered).status_code == 202


def test_a_relayed_session_has_no_captions(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    join(opentok_service, session_id)

    assert started(opentok_service, session_id).status_code == 409


@pytest.mark.parametrize(
    "change",
    [
        {"role": "publisher"},
        {"exp": 1},
        {"session_id": "another"},
        {"iss": "1"},
        {"scope": None},
    ],
)
def test_captions_need_a_moderators_good_token(
    opentok_service: RunningOpenTok, entered: str, change: dict[str, Any]
) -> None:
    token = client_jwt(entered, **{"role": "moderator"} | change)

    answer = started(opentok_service, entered, token=token)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Invalid token")


@pytest.mark.parametrize(
    "wanted",
    [
        {"sessionId": None},
        {"token": None},
        {"maxDuration": 299},
        {"maxDuration": 14_401},
        {"statusCallbackUrl": "https://a.test"},
        {"statusCallbackUrl": "https://a.test/" + "x" * 2048},
    ],
)
def test_captions_that_cannot_be_are_400(
    opentok_service: RunningOpenTok, entered: str, wanted: dict[str, Any]
) -> None:
    assert started(opentok_service, entered, **wanted).status_code == 400


def test_captions_are_reported_to_the_address_of_their_start(
    opentok_service: RunningOpenTok, routed_id: str, receiver: CallbackReceiver
) -> None:
    opentok_service.stand_in.deliver_to("session", None)
    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False) as clock:
        alice = join(opentok_service, routed_id)
        captions_id = started(
            opentok_service, routed_id, statusCallbackUrl=receiver.url, languageCode="de-DE"
        ).json()["captionsId"]
        leave(opentok_service, alice)
        clock.shift(60)
        opentok_service.stand_in.advance()

    assert opentok_service.stand_in.settle(5)
    begun, ended = (each.content for each in receiver.received)
    assert (begun["status"], begun["captionId"], begun["group"]) == (
        "started",
        captions_id,
        "captions",
    )
    assert (begun["projectId"], begun["languageCode"]) == (API_KEY, "de-DE")
    assert (ended["status"], ended["reason"], ended["duration"]) == (
        "stopped",
        "Session ended",
        60,
    )
    assert receiver.received[0].verified_claims(
        opentok_service.stand_in.callback_secrets["captions"]
    )


def test_captions_end_in_time(opentok_service: RunningOpenTok, entered: str) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        started(opentok_service, entered, maxDuration=300)
        clock.shift(299)
        assert started(opentok_service, entered).status_code == 409
        clock.shift(1)
        assert started(opentok_service, entered).status_code == 202
