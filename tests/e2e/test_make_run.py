import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import jwt
import pytest
import requests

from local import bearer
from local.app_process import PROJECT
from local.ports import Ports
from local.run import run
from local.stop_request import StopRequest
from tests.e2e.roomkey_process import (
    Bearer,
    Roomkey,
    clean_environment,
    gone,
    running_roomkey,
    shown_json,
    soon,
)
from tests.support.sample_apps.sample_app import parsed, refusal
from tests.support.sample_apps.sample_clients import ANDROID_SESSION, VONAGE_WEB_SESSION
from tests.support.servers.free_ports import free_ports

pytestmark = pytest.mark.xdist_group("make run")  # one worker runs the tests of one stack

CURL_AND_BASH = all(shutil.which(tool) for tool in ("curl", "bash"))
API_KEY = "45000009"
API_SECRET = "9876543210987654321098765432109876543210"
APPLICATION_ID = "99999999-2222-4333-8444-555555555555"


@pytest.fixture(scope="module")
def roomkey() -> Iterator[Roomkey]:
    with running_roomkey() as running:
        yield running


def ask_for_token(ports: Ports, room: str, bearer: str) -> requests.Response:
    return requests.post(
        f"{ports.app_url}/rooms/{room}/tokens",
        headers={"Authorization": f"Bearer {bearer}"},
        timeout=30,
    )


def test_sample_apps_are_served_at_the_apps_address_and_the_greeting_says_so(
    roomkey: Roomkey,
) -> None:
    url = roomkey.ports.app_url
    assert f"{url}/session" in roomkey.output

    parsed(requests.get(f"{url}/session", timeout=30), ANDROID_SESSION, VONAGE_WEB_SESSION)
    parsed(requests.get(f"{url}/session/Any-Room?e2ee=true", timeout=30), ANDROID_SESSION)
    # Some apps put one slash too many there.
    started = requests.post(f"{url}//session/Any-Room/startArchive", timeout=30)
    assert refusal(started) == (409, "nobody_connected")
    preflight = requests.options(f"{url}/session/Any-Room/startArchive", timeout=30)
    assert preflight.ok
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]


def test_a_path_that_neither_the_app_nor_sample_apps_know_is_no_route(roomkey: Roomkey) -> None:
    answer = requests.get(f"{roomkey.ports.app_url}/session/a/b/c/d", timeout=30)

    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_route")
    assert "message" not in answer.json()


def test_a_first_token_is_shown_with_its_claims(roomkey: Roomkey) -> None:
    answer, claims = shown_json(roomkey.output)

    assert claims["session_id"] == answer["sessionId"]
    assert json.loads(claims["connection_data"])["userId"] == "alice"
    assert answer["room"] == "hello"
    assert claims == jwt.decode(answer["token"], options={"verify_signature": False})


def test_the_time_it_took_is_shown_and_short(roomkey: Roomkey) -> None:
    request = re.search(r"as alice: 201 in (\d+) ms", roomkey.output)
    start = re.search(r"Roomkey is running, ([\d.]+) s after the start", roomkey.output)

    assert request is not None
    assert start is not None
    assert float(start[1]) < 20


def test_the_first_token_opens_the_session_at_opentok(roomkey: Roomkey) -> None:
    answer, _ = shown_json(roomkey.output)

    connected = requests.post(
        f"{roomkey.ports.opentok_url}/sim/connections", json={"token": answer["token"]}, timeout=10
    )

    assert connected.status_code == 201
    assert connected.json()["sessionId"] == answer["sessionId"]


def test_what_happens_in_a_session_is_reported_to_the_app(roomkey: Roomkey) -> None:
    answer, _ = shown_json(roomkey.output)
    token = {"token": answer["token"]}
    requests.post(f"{roomkey.ports.opentok_url}/sim/connections", json=token, timeout=10)

    def attempted() -> list[str]:
        shown = requests.get(f"{roomkey.ports.opentok_url}/sim/callbacks", timeout=10).json()
        return [each["url"] for each in shown["delivered"] + shown["pending"] if each["status"]]

    assert soon(lambda: f"{roomkey.ports.app_url}/callbacks/session" in attempted())


@pytest.mark.skipif(not CURL_AND_BASH, reason="needs curl and bash, as the line itself does")
def test_the_curl_line_works_when_pasted_into_a_shell(roomkey: Roomkey) -> None:
    line = roomkey.line_with("curl -")

    pasted = subprocess.run(
        ["bash", "-c", line],  # noqa: S607 - whichever bash the user has
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    first, _ = shown_json(roomkey.output)
    assert json.loads(pasted.stdout)["sessionId"] == first["sessionId"]


@pytest.mark.skipif(not CURL_AND_BASH, reason="needs curl and bash, as the lines themselves do")
def test_the_quick_starts_lines_follow_the_port(roomkey: Roomkey) -> None:
    page = (PROJECT / "docs" / "quick-start.md").read_text("utf-8")
    lines = next(block for block in page.split("```")[1::2] if "curl" in block)
    # make would look after the virtual environment first.
    command = lines.replace("make -s token USER=alice", f"{sys.executable} -m local.bearer alice")

    pasted = subprocess.run(
        ["bash", "-c", command],  # noqa: S607 - whichever bash the user has
        env=clean_environment(roomkey.ports),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert "make -s token" in lines
    assert json.loads(pasted.stdout)["room"] == "standup"
    assert "127.0.0.1:8000" not in page


def test_the_page_that_is_named_is_there(roomkey: Roomkey) -> None:
    address = roomkey.line_with("See a call in a browser").rpartition(" ")[2]

    assert "Get a token" in requests.get(address, timeout=10).text


def test_the_page_opens_the_call_as_a_guest_whom_alice_invites(roomkey: Roomkey) -> None:
    page = f"{roomkey.ports.page_url}/page"
    links = [
        requests.get(f"{page}/guest", allow_redirects=False, timeout=10).headers["Location"]
        for _ in range(2)
    ]

    codes = [link.removeprefix(f"{roomkey.ports.call_url}#invitation=") for link in links]
    assert [len(code) for code in codes] == [27, 27]
    joined = requests.post(
        f"{roomkey.ports.app_url}/invitations/tokens",
        json={"code": codes[0], "guestKey": "a-key-of-random-characters"},
        timeout=10,
    )
    assert (joined.status_code, joined.json()["room"]) == (201, "standup")


def test_the_bearer_command_prints_nothing_but_a_bearer(roomkey: Roomkey) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "local.bearer", "bob"],
        env=clean_environment(roomkey.ports),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    (line,) = printed.stdout.splitlines()
    answer = ask_for_token(roomkey.ports, "hello", line)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert (answer.status_code, answer.json()["role"]) == (201, "publisher")


def test_an_admins_bearer_moderates_everywhere(
    roomkey: Roomkey, bearer_command: Bearer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bearer_command(roomkey.ports, "root", "--admin") == 0

    (line,) = capsys.readouterr().out.splitlines()
    assert ask_for_token(roomkey.ports, "hello", line).json()["role"] == "moderator"


def test_a_user_id_that_cannot_be_is_refused(
    roomkey: Roomkey, bearer_command: Bearer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bearer_command(roomkey.ports, "") == 1

    printed = capsys.readouterr()
    assert printed.out == ""
    assert "No bearer token for ''" in printed.err


def test_50_callers_at_once_get_50_tokens_for_one_session(roomkey: Roomkey) -> None:
    carol = bearer.fetch_bearer(roomkey.ports, "carol")
    start = threading.Barrier(50)
    answers: list[requests.Response] = []

    def call() -> None:
        start.wait()
        answers.append(ask_for_token(roomkey.ports, "crowd", carol))

    callers = [threading.Thread(target=call) for _ in range(50)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert [answer.status_code for answer in answers] == [201] * 50
    assert len({answer.json()["sessionId"] for answer in answers}) == 1


def test_faults_can_be_injected_while_it_runs(roomkey: Roomkey) -> None:
    dave = bearer.fetch_bearer(roomkey.ports, "dave")
    fault = {"path": "session/create", "status": 400, "times": 1}

    requests.post(f"{roomkey.ports.opentok_url}/sim/faults", json=fault, timeout=10)

    def status_of_a_relayed_room() -> int:
        """A session with default options would come from the pool."""
        return requests.put(
            f"{roomkey.ports.app_url}/rooms/unlucky",
            headers={"Authorization": f"Bearer {dave}"},
            json={"mediaMode": "relayed"},
            timeout=10,
        ).status_code

    assert status_of_a_relayed_room() == 502
    assert status_of_a_relayed_room() == 201


def test_a_taken_port_is_named_before_anything_is_started(roomkey: Roomkey) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "local"],
        env=clean_environment(roomkey.ports),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (second.returncode, second.stdout) == (2, "")
    assert f"Port {roomkey.ports.app} cannot be used" in second.stderr
    assert "make run PORT=9000" in second.stderr


def test_without_a_running_stack_the_bearer_command_says_so(
    bearer_command: Bearer, capsys: pytest.CaptureFixture[str]
) -> None:
    ports = free_ports()

    assert bearer_command(ports, "alice") == 1

    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"No Roomkey runs on port {ports.app}" in printed.err


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"OPENTOK_API_KEY": API_KEY}, 2, "OPENTOK_API_SECRET is not"),
        ({"AUTH_ISSUER": "https://login.example"}, 2, "AUTH_AUDIENCE is not"),
        ({"HOST": "203.0.113.7"}, 2, "203.0.113.7 is no address of this machine"),
        ({"ROOM_CREATION": "nobody"}, 1, "ROOM_CREATION must be anyone or admins"),
    ],
    ids=["half-given credentials", "half an issuer", "another's address", "an invalid setting"],
)
def test_what_will_not_do_stops_the_start_with_its_name(
    capsys: pytest.CaptureFixture[str], given: dict[str, str], status: int, said: str
) -> None:
    ports = free_ports()

    ended = run(clean_environment(ports, given), StopRequest(), time.monotonic())

    assert ended == status
    assert said in capsys.readouterr().err
    assert gone(ports)
