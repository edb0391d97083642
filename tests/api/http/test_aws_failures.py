"""Faults of DynamoDB and Secrets Manager: the right answer in time, and no half-made room."""

import time
from collections.abc import Callable

import pytest

from app import build_app
from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.api.http.router import REQUEST_SECONDS
from chalicelib.core.support.deadline import Deadline
from tests.support.deadlines import short_deadline, short_deadline_of_opentok, unpaused_deadline
from tests.support.gateway import Gateway, Reply
from tests.support.log_lines import log_lines
from tests.support.moved_clock import MovedClock
from tests.support.servers.answering_server import Answer, answering_server
from tests.support.servers.raw_server import raw_server, silence
from tests.support.servers.stand_ins import SECRET_ID, StandIns

READ = "DynamoDB.GetItem"
WRITE = "DynamoDB.TransactWriteItems"
READ_SECRET = "SecretsManager.GetSecretValue"
DYNAMODB_URL = "AWS_ENDPOINT_URL_DYNAMODB"
SECRETS_MANAGER_URL = "AWS_ENDPOINT_URL_SECRETS_MANAGER"
OFTEN = 50
LIMIT_SECONDS = 5.0
"""Patience shorter than the retries of an AWS client."""

Break = Callable[[StandIns, str, int], None]
"""A function that breaks so many calls of an operation."""


pytestmark = pytest.mark.usefixtures("unpaused_botocore")


@pytest.fixture
def gateway(stand_ins: StandIns) -> Gateway:
    """Return an app that retries at once."""
    return Gateway(build_app(stand_ins.environment, unpaused_deadline))


def join(gateway: Gateway, stand_ins: StandIns, room: str = "standup") -> Reply:
    bearer = stand_ins.identity.bearer("alice")
    return gateway.request("POST", f"/rooms/{room}/tokens", bearer=bearer)


def sessions_kept(stand_ins: StandIns) -> list[str]:
    """Return the session of every room in the table."""
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
def test_a_lasting_failure_is_reported_leaves_nothing_and_ends_with_its_cause(
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


def test_a_missing_table_is_reported(stand_ins: StandIns) -> None:
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
def test_every_route_reports_a_failure_in_the_same_way(
    gateway: Gateway, stand_ins: StandIns, method: str, path: str, operation: str
) -> None:
    bearer = stand_ins.identity.bearer("alice")
    assert join(gateway, stand_ins, "made").status == 201
    before = stand_ins.items()
    stand_ins.aws.fail(operation, error="AccessDeniedException")

    assert_unavailable(gateway.request(method, path, bearer=bearer))

    assert stand_ins.items() == before
    assert gateway.request(method, path, bearer=bearer).status in {200, 201, 204, 404}


@pytest.mark.parametrize(
    ("service", "deadline"),
    [(DYNAMODB_URL, short_deadline), (SECRETS_MANAGER_URL, short_deadline_of_opentok)],
)
def test_a_service_that_does_not_answer_is_reported_in_time_and_the_next_request_succeeds(
    stand_ins: StandIns,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    deadline: Callable[[], Deadline],
) -> None:
    with raw_server(silence) as url, monkeypatch.context() as patch:
        patch.setenv(service, url)
        gateway = Gateway(build_app(stand_ins.environment, deadline))
        gateway.request("GET", "/rooms")  # builds the clients and does nothing more
        started = time.perf_counter()

        assert_unavailable(join(gateway, stand_ins))

        assert time.perf_counter() - started < LIMIT_SECONDS
    assert stand_ins.items() == []
    assert join(stand_ins.gateway(), stand_ins).status == 201


@pytest.mark.parametrize("service", [DYNAMODB_URL, SECRETS_MANAGER_URL])
@pytest.mark.parametrize(
    "answer",
    [Answer(b"<html>Sign in to the network</html>"), Answer(b"{}", padding=50_000_000)],
    ids=["HTML", "50 MB"],
)
def test_a_200_of_another_server_is_an_outage_and_no_missing_room(
    stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch, service: str, answer: Answer
) -> None:
    with answering_server(answer) as server:
        monkeypatch.setenv(service, server.url)
        gateway = Gateway(build_app(stand_ins.environment, unpaused_deadline))
        started = time.perf_counter()

        assert_unavailable(join(gateway, stand_ins))

        assert time.perf_counter() - started < REQUEST_SECONDS
    assert server.calls > 0
    assert stand_ins.opentok.calls == []
    assert stand_ins.items() == []


class Witness(Deadline):
    """A deadline that records how long each call may take, and allows it little."""

    def __init__(self, allowed: list[float]) -> None:
        super().__init__(REQUEST_SECONDS)
        self._allowed = allowed

    def capped(self, seconds: float) -> Deadline:
        self._allowed.append(seconds)
        return super().capped(0.1)


def test_nobody_waits_long_for_a_newer_secret_while_there_is_one_to_go_on_with(
    stand_ins: StandIns,
) -> None:
    clock = MovedClock()
    source = SecretsManagerCredentials(stand_ins.secretsmanager(), SECRET_ID, clock)
    known = source.current(Deadline(8))
    stand_ins.aws.fail(READ_SECRET, error="AccessDeniedException", delay_seconds=1)
    clock.forward(400)
    allowed: list[float] = []

    assert source.current(Witness(allowed)) is known

    assert allowed == [2.0]
