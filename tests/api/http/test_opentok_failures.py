"""Faults of OpenTok: the right answer in time, nothing left behind, and the next request works."""

import base64
import json
import time
from collections.abc import Callable

import pytest

from app import build_app
from chalicelib.composition.services import Services
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.sessions.new_sessions import SECONDS_TO_STORE
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import ProviderUnavailable
from stand_ins.http.faults import Fault
from tests.support.deadlines import short_deadline_of_opentok, unpaused_deadline
from tests.support.gateway import Gateway, Reply
from tests.support.servers.raw_server import raw_server, silence
from tests.support.servers.stand_ins import API_KEY, StandIns

CREATE = "/session/create"
ATTEMPTS = 3
LIMIT_SECONDS = 5.0
"""The client's own patience."""
RETRY_NEEDS_SECONDS = 3.0


@pytest.fixture
def gateway(stand_ins: StandIns) -> Gateway:
    """Return an app that retries at once."""
    return Gateway(build_app(stand_ins.environment, unpaused_deadline))


def join(gateway: Gateway, stand_ins: StandIns, room: str = "standup") -> Reply:
    bearer = stand_ins.identity.bearer("alice")
    return gateway.request("POST", f"/rooms/{room}/tokens", bearer=bearer)


def session_id(*fields: str) -> str:
    return "1_" + base64.urlsafe_b64encode("~".join(fields).encode()).decode().rstrip("=")


def answer(content: object) -> Fault:
    return Fault(CREATE, status=200, body=json.dumps(content))


def failing_times(stand_ins: StandIns, fault: Fault, times: int = ATTEMPTS) -> None:
    stand_ins.opentok.faults.add(fault, times)


def assert_unavailable(reply: Reply) -> None:
    assert (reply.status, reply.code) == (503, "provider_unavailable")
    assert int(reply.headers["Retry-After"]) > 0
    assert reply.headers["Access-Control-Allow-Origin"] == "*"


FOREIGN = session_id("1", "47999999", "", "1700000000000", "random", "", "", "")
OURS = session_id("1", API_KEY, "", "1700000000000", "random", "", "", "")
TOO_LONG = session_id("1", API_KEY, "", "1700000000000", "random" * 60, "", "", "")
OUTAGES = {
    "429": Fault(CREATE, status=429),
    "500": Fault(CREATE, status=500),
    "502 with HTML": Fault(CREATE, status=502, body="<html><h1>502 Bad Gateway</h1></html>"),
    "200 with nothing": Fault(CREATE, status=200, body=""),
    "200 with half an answer": Fault(CREATE, status=200, body='[{"session_id":"1_MX40NzY'),
    "200 with another project's session": answer([{"session_id": FOREIGN}]),
    "an answer that is lost": Fault(CREATE, drop=True),
    "a connection that is dropped": Fault(CREATE, status=500, drop=True),
}
NO_ANSWERS = {
    "408": Fault(CREATE, status=408),
    "503": Fault(CREATE, status=503),
    "500 with a session": Fault(CREATE, status=500, body=json.dumps([{"session_id": OURS}])),
    "HTML": Fault(CREATE, status=200, body="<html>Welcome to the hotel</html>"),
    "XML": Fault(CREATE, status=200, body=f"<sessions><session_id>{OURS}</session_id></sessions>"),
    "null": answer(None),
    "a number": answer(7),
    "a text": answer(OURS),
    "no session": answer([]),
    "an object": answer({"session_id": OURS}),
    "an error": answer({"code": -1, "message": "Oops"}),
    "a list of null": answer([None]),
    "no id": answer([{"project_id": API_KEY}]),
    "a null id": answer([{"session_id": None}]),
    "a numeric id": answer([{"session_id": 7}]),
    "an empty id": answer([{"session_id": ""}]),
    "an id that is none": answer([{"session_id": "1_%%%%"}]),
    "an id too long": answer([{"session_id": TOO_LONG}]),
    "half a character": answer([{"session_id": OURS + "\ud800"}]),
    "nested without end": Fault(CREATE, status=200, body="[" * 100_000),
    "megabytes": Fault(CREATE, status=200, body=" " * (2 << 20)),
}
REFUSED = {
    "400": Fault(CREATE, status=400),
    "404": Fault(CREATE, status=404, body="<html>Not found</html>"),
    "405": Fault(CREATE, status=405),
    "415": Fault(CREATE, status=415),
    "301": Fault(CREATE, status=301),
    "307": Fault(CREATE, status=307),
    "204": Fault(CREATE, status=204, body=""),
}


@pytest.mark.parametrize("kind", OUTAGES)
def test_an_outage_is_reported_after_three_attempts_and_the_next_request_succeeds(
    gateway: Gateway, stand_ins: StandIns, kind: str
) -> None:
    failing_times(stand_ins, OUTAGES[kind])

    assert_unavailable(join(gateway, stand_ins))

    assert len(stand_ins.opentok.calls) == ATTEMPTS
    assert stand_ins.items() == []
    assert join(gateway, stand_ins).status == 201


def test_a_passing_failure_is_made_good_within_the_same_request(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    for room, kind in enumerate(OUTAGES):
        stand_ins.opentok.clear_calls()
        failing_times(stand_ins, OUTAGES[kind], 1)

        assert join(gateway, stand_ins, f"room-{room}").status == 201
        assert len(stand_ins.opentok.calls) == 2


@pytest.fixture
def hasty_open_room(stand_ins: StandIns) -> Callable[[], Room]:
    """Return a function that creates a room with time for only one call to OpenTok."""
    create_room = Services(stand_ins.environment).use_cases().create_room
    return lambda: create_room.find_or_create(
        User("alice"), "standup", Deadline(SECONDS_TO_STORE + RETRY_NEEDS_SECONDS - 0.1)
    )


@pytest.mark.parametrize("kind", NO_ANSWERS)
def test_what_is_no_answer_of_opentoks_counts_as_an_outage_and_is_not_kept(
    hasty_open_room: Callable[[], Room], started_stand_ins: StandIns, kind: str
) -> None:
    failing_times(started_stand_ins, NO_ANSWERS[kind], 1)

    with pytest.raises(ProviderUnavailable):
        hasty_open_room()

    assert started_stand_ins.items() == []


def test_little_time_left_is_enough_where_opentok_answers(
    hasty_open_room: Callable[[], Room],
) -> None:
    assert hasty_open_room().name == "standup"


@pytest.mark.parametrize("kind", REFUSED)
def test_a_refused_request_is_not_repeated(
    gateway: Gateway, stand_ins: StandIns, kind: str
) -> None:
    failing_times(stand_ins, REFUSED[kind], 1)

    reply = join(gateway, stand_ins)

    assert (reply.status, reply.code) == (502, "provider_refused")
    assert len(stand_ins.opentok.calls) == 1
    assert stand_ins.items() == []
    assert join(gateway, stand_ins).status == 201


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_tried_once_more(
    gateway: Gateway, stand_ins: StandIns, status: int
) -> None:
    failing_times(stand_ins, Fault(CREATE, status=status), 2)

    reply = join(gateway, stand_ins)

    assert (reply.status, reply.code) == (502, "provider_refused")
    assert len(stand_ins.opentok.calls) == 2
    assert stand_ins.items() == []
    assert join(gateway, stand_ins).status == 201


def test_an_outage_after_a_refusal_is_reported_as_an_outage(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    failing_times(stand_ins, Fault(CREATE, status=403), 1)
    failing_times(stand_ins, Fault(CREATE, status=500))

    assert_unavailable(join(gateway, stand_ins))
    assert stand_ins.items() == []


@pytest.mark.parametrize(
    ("method", "path", "made"),
    [
        ("POST", "/rooms/standup/tokens", 201),
        ("PUT", "/rooms/standup", 201),
        ("GET", "/token?username=alice", 200),
    ],
)
def test_every_route_that_makes_a_room_reports_an_outage_in_the_same_way(
    gateway: Gateway, stand_ins: StandIns, method: str, path: str, made: int
) -> None:
    bearer = stand_ins.identity.bearer("alice")
    failing_times(stand_ins, Fault(CREATE, status=500))

    assert_unavailable(gateway.request(method, path, bearer=bearer))
    assert stand_ins.items() == []
    assert gateway.request(method, path, bearer=bearer).status == made


def test_a_room_that_has_its_session_needs_no_opentok(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    first = join(gateway, stand_ins)
    failing_times(stand_ins, Fault(CREATE, drop=True), 50)

    assert join(gateway, stand_ins).json["sessionId"] == first.json["sessionId"]


def test_a_slow_answer_is_waited_for(gateway: Gateway, stand_ins: StandIns) -> None:
    failing_times(stand_ins, Fault(CREATE, delay_ms=700), 1)

    assert join(gateway, stand_ins).status == 201
    assert len(stand_ins.opentok.calls) == 1


def test_a_platform_that_does_not_answer_is_reported_in_time_and_the_next_request_succeeds(
    stand_ins: StandIns,
) -> None:
    with raw_server(silence) as url:
        environment = stand_ins.environment | {"OPENTOK_API_URL": url}
        gateway = Gateway(build_app(environment, short_deadline_of_opentok))
        gateway.request("GET", "/rooms")  # the services are built before the time is measured
        started = time.perf_counter()

        assert_unavailable(join(gateway, stand_ins))

        assert time.perf_counter() - started < LIMIT_SECONDS
    assert stand_ins.items() == []
    assert join(stand_ins.gateway(), stand_ins).status == 201
