import time
from typing import Any

import pytest
import requests
from opentok.exceptions import OpenTokException

from tests.stand_ins.known import RunningOpenTok, project_jwt


def plan(service: RunningOpenTok, **fault: object) -> requests.Response:
    return requests.post(f"{service.url}/sim/faults", json=fault, timeout=5)


def create(service: RunningOpenTok, timeout: float = 5) -> requests.Response:
    headers = {"X-OPENTOK-AUTH": project_jwt(), "Accept": "application/json"}
    return requests.post(f"{service.url}/session/create", headers=headers, timeout=timeout)


def test_a_fault_happens_as_often_as_planned_and_then_no_more(
    opentok_service: RunningOpenTok,
) -> None:
    assert plan(opentok_service, path="session", status=429, times=2).status_code == 204

    assert [create(opentok_service).status_code for _ in range(3)] == [429, 429, 200]
    assert [call.status for call in opentok_service.stand_in.calls] == [429, 429, 200]


def test_without_a_body_a_fault_is_the_error_triplet(opentok_service: RunningOpenTok) -> None:
    plan(opentok_service, path="create", status=500, times=1)

    answer = create(opentok_service)

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "code": 500,
        "message": "Internal Server Error",
        "description": "Internal Server Error",
    }


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<html>Bad Gateway</html>", "text/html"),
        ('[{"session_id": ', "application/json"),
        ("", "application/json"),
    ],
)
def test_a_body_is_sent_to_the_letter(
    opentok_service: RunningOpenTok, body: str, content_type: str
) -> None:
    plan(opentok_service, path="create", status=200, body=body, times=1)

    answer = create(opentok_service)

    assert (answer.text, answer.headers["Content-Type"]) == (body, content_type)


def test_the_sdk_meets_the_faults_too(opentok_service: RunningOpenTok) -> None:
    plan(opentok_service, path="create", status=502, body="<html></html>", times=1)

    with pytest.raises(OpenTokException):
        opentok_service.client().create_session()


def test_a_delay_alone_answers_normally_but_late(opentok_service: RunningOpenTok) -> None:
    plan(opentok_service, path="create", delayMs=300, times=1)
    started = time.monotonic()

    answer = create(opentok_service)

    assert answer.status_code == 200
    assert time.monotonic() - started >= 0.3


def test_a_delay_longer_than_the_callers_patience_is_a_timeout(
    opentok_service: RunningOpenTok,
) -> None:
    plan(opentok_service, path="create", delayMs=60_000, times=1)

    with pytest.raises(requests.Timeout):
        create(opentok_service, timeout=0.2)


def test_a_drip_sends_the_headers_at_once_and_the_body_slowly(
    opentok_service: RunningOpenTok,
) -> None:
    plan(opentok_service, path="create", status=200, body="abc", drip=True, times=1)
    started = time.monotonic()

    with requests.post(f"{opentok_service.url}/session/create", stream=True, timeout=5) as answer:
        to_headers = time.monotonic() - started
        body = answer.text

    assert body == "abc"
    assert to_headers < 0.3
    assert time.monotonic() - started >= 0.9


def test_a_drop_performs_the_call_and_loses_the_answer(opentok_service: RunningOpenTok) -> None:
    plan(opentok_service, path="create", drop=True, times=1)

    with pytest.raises(requests.ConnectionError):
        create(opentok_service)

    assert [call.status for call in opentok_service.stand_in.calls] == [None]
    assert create(opentok_service).status_code == 200


def test_times_zero_takes_the_faults_of_that_path_back(opentok_service: RunningOpenTok) -> None:
    plan(opentok_service, path="create", status=500, times=3)
    plan(opentok_service, path="session", status=503, times=1)
    plan(opentok_service, path="create", times=0)

    assert [create(opentok_service).status_code for _ in range(2)] == [503, 200]


def test_an_empty_path_with_times_zero_takes_all_faults_back(
    opentok_service: RunningOpenTok,
) -> None:
    plan(opentok_service, path="create", status=500, times=3)
    plan(opentok_service, path="", times=0)

    assert create(opentok_service).status_code == 200


def test_the_sim_routes_meet_no_faults(opentok_service: RunningOpenTok) -> None:
    plan(opentok_service, path="", status=500, times=1)

    answer = requests.get(f"{opentok_service.url}/sim/sessions/none", timeout=5)

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("fault", "blamed"),
    [
        ({}, "path"),
        ({"path": "create"}, "times"),
        ({"path": "create", "times": -1}, "times"),
        ({"path": "create", "times": "1"}, "times"),
        ({"path": "create", "times": 1}, "a fault needs"),
        ({"path": "create", "times": 1, "status": 99}, "status"),
        ({"path": "create", "times": 1, "status": 500, "delayMs": -1}, "delayMs"),
        ({"path": "create", "times": 1, "status": 500, "delay": 1}, "delay"),
        ({"path": "create", "times": 1, "delayMs": 1, "body": ""}, "a body needs a status"),
    ],
)
def test_a_bad_fault_is_400_and_names_what_is_wrong(
    opentok_service: RunningOpenTok, fault: dict[str, Any], blamed: str
) -> None:
    answer = plan(opentok_service, **fault)

    assert answer.status_code == 400
    assert blamed in answer.json()["reason"]
