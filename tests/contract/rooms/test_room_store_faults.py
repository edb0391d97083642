"""The room store and DynamoDB's faults, which only a stand-in shows on demand."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import boto3
import pytest
from botocore.config import Config
from mypy_boto3_dynamodb import DynamoDBClient

from chalicelib.adapters.dynamodb.pool.session_pool import DynamoDBSessionPool
from chalicelib.adapters.dynamodb.rooms import DynamoDBRooms
from chalicelib.composition.services import Services
from chalicelib.core.model.user import User
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.ports.video_platform import SessionPool
from chalicelib.core.rooms.join_request import JoinRequest
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import StoreUnavailable
from tests.fakes.memory.table import ATTENDANCE
from tests.support.deadlines import unpaused_deadline
from tests.support.servers.stand_ins import TABLE, StandIns
from tests.support.stores.example_rooms import LONGEST_TOKEN, NOON, a_room, closed, soon

TRANSACTION = "DynamoDB.TransactWriteItems"
EVENING = NOON + timedelta(hours=6)

CALLS: dict[str, Callable[[RoomStore, Deadline], object]] = {
    "DynamoDB.GetItem": lambda store, deadline: store.find("standup", deadline),
    "DynamoDB.TransactWriteItems": lambda store, deadline: store.create(
        a_room("new"), None, deadline
    ),
    "DynamoDB.Query": lambda store, deadline: store.created_by("alice", None, 10, deadline),
    "DynamoDB.BatchGetItem": lambda store, deadline: store.created_by("alice", None, 10, deadline),
}


@pytest.fixture
def client(stand_ins: StandIns) -> Iterator[DynamoDBClient]:
    """A client that asks up to three times, as the service's does."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 3})
    client = boto3.client("dynamodb", endpoint_url=stand_ins.aws_server.url, config=config)
    yield client
    client.close()


@pytest.fixture
def store(client: DynamoDBClient) -> RoomStore:
    return DynamoDBRooms(client, TABLE, LONGEST_TOKEN, ATTENDANCE)


@pytest.fixture
def pool(client: DynamoDBClient) -> SessionPool:
    return DynamoDBSessionPool(client, TABLE)


def cancel(stand_ins: StandIns, *codes: str, times: int = 1) -> None:
    """Let the next transactions be cancelled for these reasons, one for each write."""
    reasons = [{"Code": code} for code in codes]
    stand_ins.aws.fail(
        TRANSACTION,
        error="TransactionCanceledException",
        details={"CancellationReasons": reasons},
        times=times,
    )


@pytest.mark.parametrize(
    "code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
)
def test_a_write_that_met_another_or_was_throttled_is_repeated(
    code: str, store: RoomStore, stand_ins: StandIns
) -> None:
    cancel(stand_ins, code, "None", times=2)
    room = a_room()

    assert store.create(room, None, unpaused_deadline()) == room
    assert stand_ins.aws.count(TRANSACTION) == 3

    cancel(stand_ins, "None", code, times=2)
    store.close(room, EVENING, unpaused_deadline())

    assert store.find(room.name, soon()) == closed(room, EVENING)


def test_a_write_that_always_meets_others_is_given_up_by_the_deadline(
    store: RoomStore, stand_ins: StandIns
) -> None:
    cancel(stand_ins, "TransactionConflict", "None", times=20)

    with pytest.raises(StoreUnavailable):
        store.create(a_room(), None, Deadline(0.5))

    assert stand_ins.items() == []


def test_a_write_that_is_cancelled_for_another_reason_is_not_repeated(
    store: RoomStore, stand_ins: StandIns
) -> None:
    cancel(stand_ins, "ValidationError", "None")

    with pytest.raises(StoreUnavailable):
        store.create(a_room(), None, soon())

    assert stand_ins.aws.count(TRANSACTION) == 1
    assert stand_ins.items() == []


def test_a_room_whose_creation_was_answered_in_vain_is_known_for_ones_own(
    store: RoomStore, stand_ins: StandIns
) -> None:
    stand_ins.aws.lose_answer(TRANSACTION, times=2)
    room = a_room()

    assert store.create(room, None, soon()) == room
    assert store.find(room.name, soon()) == room
    assert len(stand_ins.items()) == 2


def test_a_room_that_took_a_session_and_was_answered_in_vain_is_known_for_ones_own(
    store: RoomStore, pool: SessionPool, stand_ins: StandIns
) -> None:
    room = a_room()
    pool.add_session(room.session_id, "ours", NOON, soon())
    stand_ins.aws.lose_answer(TRANSACTION, times=2)

    assert store.create(room, None, soon(), pooled_for="ours") == room
    assert store.find(room.name, soon()) == room
    assert len(stand_ins.items()) == 2
    assert pool.pooled("ours", 9, soon()) == []


def test_a_session_whose_pooling_was_answered_in_vain_is_pooled_once(
    pool: SessionPool, stand_ins: StandIns
) -> None:
    stand_ins.aws.lose_answer("DynamoDB.PutItem", times=2)

    pool.add_session("session-1", "ours", NOON, soon())

    assert pool.pooled("ours", 9, soon()) == ["session-1"]


def test_a_room_whose_closing_was_answered_in_vain_is_closed(
    store: RoomStore, stand_ins: StandIns
) -> None:
    room = a_room()
    store.create(room, None, soon())
    stand_ins.aws.lose_answer(TRANSACTION)

    store.close(room, EVENING, soon())

    assert store.find(room.name, soon()) == closed(room, EVENING)


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize("error", ["AccessDeniedException", "ResourceNotFoundException"])
def test_a_store_that_refuses_is_unavailable_and_says_why_to_the_operator(
    operation: str, error: str, store: RoomStore, stand_ins: StandIns
) -> None:
    store.create(a_room("standup"), None, soon())
    before = stand_ins.items()
    stand_ins.aws.fail(operation, error=error, times=20)

    with pytest.raises(StoreUnavailable) as raised:
        CALLS[operation](store, soon())

    assert raised.value.note is not None
    assert error in raised.value.note
    assert stand_ins.items() == before


@pytest.mark.usefixtures("unpaused_botocore")
@pytest.mark.parametrize("operation", CALLS)
def test_a_call_that_was_throttled_is_repeated(
    operation: str, store: RoomStore, stand_ins: StandIns
) -> None:
    store.create(a_room("standup"), None, soon())
    stand_ins.aws.clear_calls()
    stand_ins.aws.fail(operation, error="ThrottlingException")

    CALLS[operation](store, soon())

    assert stand_ins.aws.count(operation) == 2


@pytest.mark.parametrize("operation", CALLS)
def test_a_store_that_does_not_answer_is_given_up_on_at_the_deadline(
    operation: str, store: RoomStore, stand_ins: StandIns
) -> None:
    store.create(a_room("standup"), None, soon())
    before = stand_ins.items()
    # An error that is not repeated, lest a call given up on comes back in a later test.
    stand_ins.aws.fail(operation, error="AccessDeniedException", delay_seconds=5)
    asked_at = time.monotonic()

    with pytest.raises(StoreUnavailable):
        CALLS[operation](store, Deadline(0.2))

    assert time.monotonic() - asked_at < 2
    assert stand_ins.items() == before


@pytest.mark.parametrize("lost", [True, False], ids=["answers lost", "not performed"])
def test_a_write_that_failed_harms_no_later_caller(lost: bool, stand_ins: StandIns) -> None:
    services = Services(stand_ins.environment)

    def join(user: str) -> str:
        request, deadline = JoinRequest(), Deadline(8)
        return (
            services.use_cases()
            .join_room.join(User(user), "standup", request, deadline)
            .room.session_id
        )

    if lost:
        stand_ins.aws.lose_answer(TRANSACTION, times=3)
    else:
        stand_ins.aws.fail(TRANSACTION, error="InternalServerError", status=500, times=3)

    with pytest.raises(StoreUnavailable):
        join("alice")

    assert len(stand_ins.items()) == (3 if lost else 0)
    session = join("bob")
    assert join("carol") == session
    assert {item["pk"]["S"] for item in stand_ins.items()} == {
        "room#standup",
        f"session#{session}",
        "user#alice" if lost else "user#bob",
    }
