"""The lines of docs/rehearsing.md, run against `make run`: each has its effect, and its end."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from local.bearer import fetch_bearer
from local.page.rehearsal import Rehearsal
from local.page.rehearsals import GROUPS
from local.ports import Ports
from tests.e2e.bob import bob_in_the_call
from tests.e2e.roomkey_process import Roomkey, running_roomkey

REHEARSALS = {each.key: each for _, members in GROUPS for each in members}
# The bearer tokens come from this test, because `make` might set up the environment anew.
MAKE = 'make() { case "$3" in USER=alice*) echo "$ALICE";; USER=bob*) echo "$BOB";; esac; }'
AGAIN = "--- again ---"

pytestmark = pytest.mark.skipif(
    not all(shutil.which(tool) for tool in ("curl", "bash", "sed")),
    reason="needs curl, bash and sed, as the lines do",
)


@pytest.fixture(scope="module")
def roomkey() -> Iterator[Roomkey]:
    with running_roomkey() as running:
        yield running


def run(ports: Ports, rehearsal: Rehearsal) -> tuple[Any, Any]:
    """Run all its lines; return the last answer before it is undone, and the same afterwards."""
    happens, undoes = rehearsal.lines(ports), rehearsal.undo_lines(ports)
    # What shows it begins with a join, so that a client token that was refused is not used again.
    looks = [line for call in rehearsal.look for line in call.lines(ports)]
    lines = [MAKE, *happens, f"echo; echo '{AGAIN}'", *undoes, *looks]
    environ = os.environ | {name.upper(): fetch_bearer(ports, name) for name in ("alice", "bob")}
    done = subprocess.run(
        ["bash", "-c", "\necho\n".join(lines)],  # noqa: S607 - whichever bash the user has
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stderr == ""
    before, after = done.stdout.split(AGAIN)
    return last_answer(before), last_answer(after)


def last_answer(output: str) -> Any:
    return json.loads(([line for line in output.splitlines() if line] or ["null"])[-1])


def known_users(shown: Any) -> int:
    return sum(each["userId"] is not None for each in shown["items"])


@pytest.mark.parametrize(
    ("key", "status", "given"),
    [
        ("refused", 502, "sessionId"),
        ("down", 503, "sessionId"),
        ("full", 409, "token"),
        ("banned", 403, "token"),
    ],
)
def test_a_request_is_refused_until_it_is_undone(
    roomkey: Roomkey, key: str, status: int, given: str
) -> None:
    rehearsal = REHEARSALS[key]

    problem, answer = run(roomkey.ports, rehearsal)

    assert (problem["status"], problem["code"]) == (status, rehearsal.code)
    assert answer[given]


def test_new_rooms_open_while_opentok_is_down(roomkey: Roomkey) -> None:
    ports, down = roomkey.ports, REHEARSALS["down"]
    headers = {"Authorization": f"Bearer {fetch_bearer(ports, 'alice')}"}
    for call in down.happen:
        requests.post(call.url(ports), json=call.body, timeout=10)

    statuses = [
        requests.post(
            f"{ports.app_url}/rooms/while-down-{number}/tokens", headers=headers, timeout=30
        ).status_code
        for number in range(3)
    ]

    for call in down.undo:
        requests.post(call.url(ports), json=call.body, timeout=10)
    assert statuses == [201, 201, 201]


def test_a_slow_opentok_delays_a_new_room_that_needs_a_session_of_its_own(roomkey: Roomkey) -> None:
    ports = roomkey.ports
    rehearsal = REHEARSALS["slow"]
    bearer = fetch_bearer(ports, "alice")

    def seconds(room: str) -> float:
        return requests.put(
            f"{ports.app_url}/rooms/{room}",
            headers={"Authorization": f"Bearer {bearer}"},
            json={"mediaMode": "relayed"},
            timeout=30,
        ).elapsed.total_seconds()

    for call in rehearsal.happen:
        requests.post(call.url(ports), json=call.body, timeout=10)
    assert seconds("slow-before") >= 3
    run(ports, rehearsal)
    assert seconds("slow-after") < 3


@pytest.mark.parametrize("key", ["lost", "late"])
def test_a_client_is_missing_until_callbacks_come(roomkey: Roomkey, key: str) -> None:
    before, after = run(roomkey.ports, REHEARSALS[key])

    # Reconciliation, once a minute, finds clients without their users.
    assert known_users(before) == 0
    # What was late comes after all.
    assert known_users(after) == {"lost": 1, "late": 2}[key]


def test_a_doubled_callback_counts_once(roomkey: Roomkey) -> None:
    before, after = run(roomkey.ports, REHEARSALS["doubled"])

    assert (len(before["items"]), before["counts"]["connections"]) == (1, 1)
    assert len(after["items"]) == 2


def test_a_token_counts_as_expired(roomkey: Roomkey) -> None:
    refused, connected = run(roomkey.ports, REHEARSALS["expired"])

    assert refused == {"reason": "Token has expired"}
    assert connected["connectionId"]


def test_bobs_network_is_lost_and_comes_back(roomkey: Roomkey) -> None:
    with bob_in_the_call(roomkey.ports) as bob:
        run(roomkey.ports, REHEARSALS["network-lost"])

        assert bob.is_cut_off()
        assert bob.comes_back()


def test_bobs_network_is_slow_until_it_is_undone(roomkey: Roomkey) -> None:
    with bob_in_the_call(roomkey.ports) as bob:
        run(roomkey.ports, REHEARSALS["network-slow"])

        assert [bob.hears("streamQuality")["state"] for _ in range(2)] == ["disabled", "enabled"]
