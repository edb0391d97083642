"""The cost of a check of a live session: processor time, DynamoDB units, and dollars a month."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final
from zlib import crc32

import time_machine
from botocore.session import Session as AwsSession

from bench.canned_network import canned_network
from bench.figures.costs import Cost, timed
from bench.figures.prices import Prices, price_list
from bench.figures.report import Row, Section, cost_row
from bench.metered_dynamodb import Metered, MeteredDynamoDB, metered
from bench.surroundings import AWS_VARIABLES, Surroundings, room_of_alice
from chalicelib.adapters.dynamodb.room_items import room_item, started_session_item
from chalicelib.composition.services import Services
from chalicelib.core.model.connection import Connection, Participant, Stream
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import Seats
from chalicelib.core.ports.check_workers import CheckBatch
from chalicelib.core.sessions.check_intervals import CHECK_EVERY
from chalicelib.core.sessions.check_sessions import SessionChecks
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds, utc_now
from chalicelib.core.support.metrics import recording
from chalicelib.core.usage.count_usage import COUNT_EVERY
from stand_ins.aws import resources
from tests.support.programs.dynamodb_local import running_dynamodb_local

PEOPLE: Final = 2
LATENCY: Final = 0.1
"""The seconds that OpenTok is said to take for an answer."""

_ROUNDS: Final = 200
_OPENTOK: Final = "opentok.test"
_CALLS_OF_OPENTOK: Final = 4
_AT_ONCE: Final = 16
_STORE_SECONDS: Final = 0.005
_MINUTES_OF_A_MONTH: Final = 60 * 24 * 30
_ROUND_SECONDS: Final = 41
"""The duration of a run that hands out sessions three times."""
_QUERIES_OF_A_RUN: Final = 3 * 3 * 8
_CONFIG: Final = Path(__file__).parents[1] / ".chalice" / "config.json"


@dataclass(frozen=True)
class CheckCost:
    """The cost of a check of one live session.

    Args:
        costs: The measured times, with an OpenTok and a DynamoDB that answer at once.
        calls: The calls of DynamoDB, with their units.
        counting: The calls of the first check of each five minutes, which also counts usage.
    """

    costs: Sequence[Cost]
    calls: Sequence[Metered]
    counting: Sequence[Metered]

    @property
    def processor(self) -> float:
        return median(cost.processor for cost in self.costs)


def measure() -> dict[str, CheckCost]:
    """Measure a check of a room without and with a limit, with two people in it."""
    os.environ |= AWS_VARIABLES
    around = Surroundings()
    rooms = {"without a limit": _room("plain"), "with a limit": _room("limited", PEOPLE)}
    with (
        canned_network(around.answers() | {_OPENTOK: _opentok()}),
        running_dynamodb_local() as url,
        metered(url) as (meter, metered_url),
    ):
        client: Any = AwsSession().create_client("dynamodb", endpoint_url=url)
        table = resources.create_table("bench", client)
        found = {}
        for name, room in rooms.items():
            _fill(client, table, room)
            begin = _next_count(room)
            checks = _checks(around, table, metered_url)
            with time_machine.travel(begin):
                counting = _calls(checks, room, meter)
            with time_machine.travel(begin + CHECK_EVERY):
                calls = _calls(checks, room, meter)
                check = _checking(_checks(around, table, url), room)
                costs = [check() for _ in range(_ROUNDS)]
            found[name] = CheckCost(costs, calls, counting)
        return found


def section(found: Mapping[str, CheckCost], checks_per_minute: float) -> Section:
    """Build the rows, and the dollars of 1,000 live sessions for a month.

    Args:
        found: The cost of a check.
        checks_per_minute: The checks of 1,000 sessions a minute, as simulated.
    """
    rows = [
        cost_row(
            f"a check of a room {name}",
            cost.costs,
            f"{', '.join(call.operation for call in cost.calls)}: {_reads(cost.calls):g} read and "
            f"{_writes(cost.calls):g} write units; {_CALLS_OF_OPENTOK} calls of OpenTok. Once in "
            f"five minutes it counts usage, with {_reads(cost.counting):g} and "
            f"{_writes(cost.counting):g} units",
        )
        for name, cost in found.items()
    ]
    prices = price_list().prices
    rows += [
        _month_of(found["without a limit"], checks_per_minute, prices),
        _month_of_the_scheduler(prices),
    ]
    return Section("Reconciliation, its cost", rows)


def _month_of(cost: CheckCost, checks_per_minute: float, prices: Prices) -> Row:
    checks = checks_per_minute * _MINUTES_OF_A_MONTH
    counting = CHECK_EVERY / COUNT_EVERY

    def on_average(amount: Callable[[Sequence[Metered]], float]) -> float:
        return (1 - counting) * amount(cost.calls) + counting * amount(cost.counting)

    waiting = (_CALLS_OF_OPENTOK * LATENCY + on_average(len) * _STORE_SECONDS) / _AT_ONCE
    seconds = max(cost.processor, waiting)
    compute = prices.lambda_gb_second_x86.of(checks * seconds * _gigabytes("check_sessions"))
    reads = prices.dynamodb_read_units.of(checks * on_average(_reads))
    writes = prices.dynamodb_write_units.of(checks * on_average(_writes))
    return Row(
        what="1,000 live sessions, per month",
        median=f"${compute + reads + writes:.0f}",
        remarks=(
            f"{checks / 1e6:.1f} million checks of {seconds * 1000:.0f} ms ({_AT_ONCE} at once, "
            f"OpenTok at {LATENCY * 1000:.0f} ms): Lambda ${compute:.0f}, reads ${reads:.0f}, "
            f"writes ${writes:.0f}"
        ),
    )


def _reads(calls: Sequence[Metered]) -> float:
    return sum(call.read_units for call in calls)


def _writes(calls: Sequence[Metered]) -> float:
    return sum(call.write_units for call in calls)


def _next_count(room: Room) -> datetime:
    """Return the next time at which a check of the room's session counts usage."""
    moment = utc_now().timestamp() + crc32(room.session_id.encode())
    left = COUNT_EVERY.total_seconds() - moment % COUNT_EVERY.total_seconds()
    return utc_now() + timedelta(seconds=left + 1)


def _month_of_the_scheduler(prices: Prices) -> Row:
    runs = _MINUTES_OF_A_MONTH
    gigabytes = _gigabytes("reconcile_sessions")
    compute = prices.lambda_gb_second_x86.of(runs * _ROUND_SECONDS * gigabytes)
    requests = prices.lambda_requests.of(runs * 4)
    reads = prices.dynamodb_read_units.of(runs * _QUERIES_OF_A_RUN / 2)
    return Row(
        what="the scheduler, per month, while anybody is in a room",
        median=f"${compute + requests + reads:.0f}",
        remarks=(
            f"{runs:,} runs of {_ROUND_SECONDS} s: Lambda ${compute:.2f}, invocations with one "
            f"worker a round ${requests:.2f}, {_QUERIES_OF_A_RUN} queries each ${reads:.2f}"
        ),
    )


def _room(name: str, limit: int | None = None) -> Room:
    room = room_of_alice(name)
    if limit is None:
        return room
    seats = {each.participant.user_id or "": {each.id: each.since} for each in _people()}
    settings = replace(room.settings, max_participants=limit)
    return replace(room, settings=settings, seats=Seats(seats))


def _people() -> list[Connection]:
    since = utc_now() - timedelta(minutes=5)
    return [
        Connection(
            f"00000000-0000-4000-8000-00000000000{number}",
            since,
            Participant(f"auth0|{number:024x}", "Somebody"),
        )
        for number in range(PEOPLE)
    ]


def _streams() -> list[Stream]:
    return [Stream(f"stream-{each.id}", "", "camera", each.since) for each in _people()]


def _fill(client: Any, table: str, room: Room) -> None:  # noqa: ANN401 - botocore makes its classes at run time
    from chalicelib.adapters.dynamodb.sessions import DynamoDBSessions  # noqa: PLC0415 - an SDK

    for item in (room_item(room), started_session_item(room, room.created_at)):
        client.put_item(TableName=table, Item=item)
    sessions, deadline = DynamoDBSessions(client, table, timedelta(days=30)), Deadline(30)
    session = sessions.session(room.session_id, deadline)
    if session is None:
        raise RuntimeError(room.session_id)
    for connection, stream in zip(_people(), _streams(), strict=True):
        sessions.record_connection(session, connection, deadline)
        sessions.record_stream(session, connection.id, stream, deadline)


def _opentok() -> dict[str, bytes]:
    people = [
        {"connectionId": each.id, "createdAt": str(epoch_milliseconds(each.since))}
        for each in _people()
    ]
    streams = [{"id": each.id, "name": "", "videoType": "camera"} for each in _streams()]
    return {
        "/connection": json.dumps({"count": PEOPLE, "items": people}).encode(),
        "/stream": json.dumps({"count": PEOPLE, "items": streams}).encode(),
        "": json.dumps({"count": 0, "items": []}).encode(),
    }


def _checks(around: Surroundings, table: str, url: str) -> SessionChecks:
    os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = url
    settings = around.settings(table) | {"OPENTOK_API_URL": f"http://{_OPENTOK}"}
    return Services(settings).use_cases().scheduled().check_sessions


def _checking(checks: SessionChecks, room: Room) -> Callable[[], Cost]:
    def check() -> None:
        batch = CheckBatch((room.session_id,), 1e6, utc_now() + timedelta(seconds=18))
        with recording() as counts:
            checks.run(batch, Deadline(30))
        failed = [each for each in counts if getattr(each, "heading", "") == "failure"]
        if failed:
            raise RuntimeError(failed)

    check()
    return timed(check)


def _calls(checks: SessionChecks, room: Room, meter: MeteredDynamoDB) -> Sequence[Metered]:
    check = _checking(checks, room)
    meter.calls.clear()
    check()
    return list(meter.calls)


def _gigabytes(function: str) -> float:
    config = json.loads(_CONFIG.read_text(encoding="utf-8"))
    megabytes: int = config["lambda_functions"][function]["lambda_memory_size"]
    return megabytes / 1024
