"""DynamoDB and Secrets Manager misbehaving: the right answer in time, and no room half made."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext

import boto3
import pytest
from botocore.config import Config

from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.core.support.deadline import Deadline
from tests.support.gateway import Gateway, Reply
from tests.support.log_lines import log_lines
from tests.support.moved_clock import MovedClock
from tests.support.observed import Observed, observe_all
from tests.support.raw_server import (
    closed_port,
    dripping_body,
    dripping_headers,
    raw_server,
    silence,
)
from tests.support.stand_ins import SECRET_ID, StandIns

READ = "DynamoDB.GetItem"
WRITE = "DynamoDB.TransactWriteItems"
READ_SECRET = "SecretsManager.GetSecretValue"
DYNAMODB_URL = "AWS_ENDPOINT_URL_DYNAMODB"
SECRETS_MANAGER_URL = "AWS_ENDPOINT_URL_SECRETS_MANAGER"
OFTEN = 50
LIMIT_SECONDS = 9.0

Break = Callable[[StandIns, str, int], None]
"""Breaks so many calls of an operation."""


def join(gateway: Gateway, stand_ins: StandIns, room: str = "standup") -> Reply:
    bearer = stand_ins.identity.bearer("alice")
    return gateway.request("POST", f"/rooms/{room}/tokens", bearer=bearer)


def sessions_kept(stand_ins: StandIns) -> list[str]:
    """The session of every room in the table."""
    return [item["sessionId"]["S"] for item in stand_ins.items() if "sessionId" in item]


def assert_unavailable(reply: Reply) -> None:
    assert (reply.status, reply.code) == (503, "store_unavailable")
    assert int(reply.headers["Retry-After"]) > 0
    assert reply.headers["Access-Control-Allow-Origin"] == "*"


def failing(error: str, status: int = 400) -> Break:
    def break_calls(stand_ins: StandIns, operation: str, times: int) -> None:
        stand_ins.aws.fail(operation, error=error, status=status, times=times)

    return break_calls


def cancelled(*codes: str) -> Break:
    reasons = [{"Code": code} for code in codes]

    def break_calls(stand_ins: StandIns, operation: str, times: int) -> None:
        stand_ins.aws.fail(
            operation,
            error="TransactionCanceledException",
            message=f"Transaction cancelled, please refer cancellation reasons for {codes}",
            times=times,
            details={"CancellationReasons": reasons},
        )

    return break_calls


def dropped(stand_ins: StandIns, operation: str, times: int) -> None:
    stand_ins.aws.drop(operation, times=times)


def answer_lost(stand_ins: StandIns, operation: str, times: int) -> None:
    stand_ins.aws.lose_answer(operation, times=times)


PASSING: dict[str, tuple[Break, str]] = {
    "a throttled read": (failing("ThrottlingException"), READ),
    "a throttled secret": (failing("ThrottlingException"), READ_SECRET),
    "a write over the capacity": (failing("ProvisionedThroughputExceededException"), WRITE),
    "a write over the limit": (failing("RequestLimitExceeded"), WRITE),
    "a failing read": (failing("InternalServerError", 500), READ),
    "a failing write": (failing("InternalServerError", 500), WRITE),
    "a failing secret": (failing("InternalServiceError", 500), READ_SECRET),
    "a read without a connection": (dropped, READ),
    "a write without a connection": (dropped, WRITE),
    "a secret without a connection": (dropped, READ_SECRET),
    "a write without an answer": (answer_lost, WRITE),
    "a write still under way": (failing("TransactionInProgressException"), WRITE),
    "a write in conflict": (cancelled("TransactionConflict", "None"), WRITE),
    "a write in conflict twice": (cancelled("TransactionConflict", "TransactionConflict"), WRITE),
    "a transaction cancelled for no reason": (failing("TransactionCanceledException"), WRITE),
    "a throttled transaction": (cancelled("None", "ThrottlingError"), WRITE),
    "a transaction over the capacity": (cancelled("ProvisionedThroughputExceeded", "None"), WRITE),
}


@pytest.mark.parametrize("kind", PASSING)
def test_a_passing_failure_is_made_good_within_the_same_request(
    gateway: Gateway, stand_ins: StandIns, kind: str
) -> None:
    break_calls, operation = PASSING[kind]
    break_calls(stand_ins, operation, 1)

    reply = join(gateway, stand_ins)

    assert reply.status == 201
    assert stand_ins.aws.count(operation) == 2
    assert sessions_kept(stand_ins) == [reply.json["sessionId"]]


LASTING: dict[str, tuple[Break, str]] = {
    "throttled reads": (failing("ThrottlingException"), READ),
    "failing writes": (failing("InternalServerError", 500), WRITE),
    "reads without a connection": (dropped, READ),
    "writes without a connection": (dropped, WRITE),
    "writes in conflict": (cancelled("TransactionConflict", "None"), WRITE),
    "reads denied": (failing("AccessDeniedException"), READ),
    "writes denied": (failing("AccessDeniedException"), WRITE),
    "unknown keys": (failing("UnrecognizedClientException"), READ),
    "a missing table": (failing("ResourceNotFoundException"), WRITE),
    "a refused read": (failing("ValidationException"), READ),
    "a refused write": (failing("ValidationException"), WRITE),
    "a refused transaction": (cancelled("ValidationError", "None"), WRITE),
}


@pytest.mark.parametrize("kind", LASTING)
def test_a_lasting_failure_is_told_leaves_nothing_and_ends_with_its_cause(
    gateway: Gateway, stand_ins: StandIns, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    break_calls, operation = LASTING[kind]
    break_calls(stand_ins, operation, OFTEN)

    assert_unavailable(join(gateway, stand_ins))

    (line,) = log_lines(capsys)
    assert line["note"].startswith("DynamoDB: ")
    assert stand_ins.items() == []
    stand_ins.aws.clear_faults()
    assert join(gateway, stand_ins).status == 201


def test_a_write_whose_every_answer_is_lost_made_the_room_that_the_next_caller_finds(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    stand_ins.aws.lose_answer(WRITE, times=OFTEN)

    assert_unavailable(join(gateway, stand_ins))

    stand_ins.aws.clear_faults()
    (session,) = sessions_kept(stand_ins)
    assert join(gateway, stand_ins).json["sessionId"] == session
    assert stand_ins.opentok.count("/session/create") == 1


def test_a_room_asked_for_by_a_write_whose_answer_was_lost_counts_as_made(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    stand_ins.aws.lose_answer(WRITE)

    reply = gateway.request("PUT", "/rooms/standup", bearer=stand_ins.identity.bearer("alice"))

    assert reply.status == 201
    assert sessions_kept(stand_ins) == [reply.json["sessionId"]]


def test_a_table_that_is_missing_is_told(stand_ins: StandIns) -> None:
    assert_unavailable(join(stand_ins.gateway(ROOMS_TABLE="roomkey-nowhere"), stand_ins))


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("PUT", "/rooms/standup", READ),
        ("PUT", "/rooms/standup", WRITE),
        ("GET", "/rooms/standup", READ),
        ("DELETE", "/rooms/made", READ),
        ("DELETE", "/rooms/made", WRITE),
        ("GET", "/rooms", "DynamoDB.Query"),
        ("GET", "/rooms", "DynamoDB.BatchGetItem"),
        ("GET", "/token?username=alice", READ),
        ("GET", "/token?username=alice", WRITE),
    ],
)
def test_every_route_tells_a_failure_alike(
    gateway: Gateway, stand_ins: StandIns, method: str, path: str, operation: str
) -> None:
    bearer = stand_ins.identity.bearer("alice")
    assert join(gateway, stand_ins, "made").status == 201
    before = stand_ins.items()
    stand_ins.aws.fail(operation, error="AccessDeniedException")

    assert_unavailable(gateway.request(method, path, bearer=bearer))

    assert stand_ins.items() == before
    assert gateway.request(method, path, bearer=bearer).status in {200, 201, 204, 404}


BAD_SERVERS: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "refusing connections": closed_port,
    "without an address": lambda: nullcontext("http://no-such-host.invalid"),
    "silent": lambda: raw_server(silence),
    "dripping headers": lambda: raw_server(dripping_headers),
    "dripping a body": lambda: raw_server(dripping_body),
}
BAD_SERVICES = [
    (service, kind) for service in (DYNAMODB_URL, SECRETS_MANAGER_URL) for kind in BAD_SERVERS
]


def gateway_over(stand_ins: StandIns, service: str, url: str) -> Gateway:
    """Before an app that looks for this service there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(service, url)
        gateway = stand_ins.gateway()
        gateway.request("GET", "/rooms")  # builds the clients, with no bearer and thus no more
    return gateway


@pytest.fixture(scope="module")
def observed(started_stand_ins: StandIns) -> Iterator[dict[tuple[str, str], Observed]]:
    """All of the bad services at once, because each takes its time; a room for each."""
    started_stand_ins.start_anew()
    with ExitStack() as servers:

        def joining(service: str, kind: str) -> Callable[[], Reply]:
            url = servers.enter_context(BAD_SERVERS[kind]())
            gateway = gateway_over(started_stand_ins, service, url)
            return lambda: join(gateway, started_stand_ins, kind.replace(" ", "-"))

        requests = {f"{service} {kind}": joining(service, kind) for service, kind in BAD_SERVICES}
        seen = observe_all(requests)
        assert started_stand_ins.items() == []
        yield dict(zip(BAD_SERVICES, seen.values(), strict=True))


@pytest.mark.parametrize(("service", "kind"), BAD_SERVICES)
def test_a_service_that_does_not_answer_is_told_in_time(
    observed: dict[tuple[str, str], Observed], service: str, kind: str
) -> None:
    assert_unavailable(observed[service, kind].reply)
    assert observed[service, kind].seconds < LIMIT_SECONDS


def test_the_caller_after_them_gets_in(
    observed: dict[tuple[str, str], Observed], stand_ins: StandIns
) -> None:
    gateway = stand_ins.gateway()

    for _, kind in observed:
        assert join(gateway, stand_ins, kind.replace(" ", "-")).status == 201


def test_nobody_waits_long_for_a_newer_secret_while_there_is_one_to_go_on_with(
    stand_ins: StandIns,
) -> None:
    clock = MovedClock()
    once = Config(read_timeout=5, retries={"total_max_attempts": 1})
    client = boto3.client("secretsmanager", config=once)
    source = SecretsManagerCredentials(client, SECRET_ID, clock)
    known = source.current(Deadline(8))
    stand_ins.aws.slow_down(READ_SECRET, delay_seconds=4)
    clock.forward(400)
    started = time.perf_counter()

    assert source.current(Deadline(8)) is known

    assert time.perf_counter() - started < 2.5
