"""The pool of sessions on the app: calls on the wire, metrics and the log of a refill."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chalicelib.adapters.dynamodb.pool.session_pool import POOL_SHARDS
from stand_ins.http.faults import Fault
from tests.support.live import Live, running_live
from tests.support.log_lines import log_lines
from tests.support.servers.stand_ins import APPLICATION_ID, PRIVACY_KEY, StandIns

READ, WRITE = "DynamoDB.GetItem", "DynamoDB.TransactWriteItems"
QUERY, PUT, UPDATE = "DynamoDB.Query", "DynamoDB.PutItem", "DynamoDB.UpdateItem"
SECRET = "SecretsManager.GetSecretValue"
REFILL = "refill_session_pool"
SIZE = 4


@contextmanager
def full_pool(stand_ins: StandIns) -> Iterator[Live]:
    """Yield an app with a full pool, and with no calls behind it."""
    with running_live(
        stand_ins, MIN_POOLED_SESSIONS=f"{SIZE}", MAX_POOLED_SESSIONS="10"
    ) as running:
        running.run(REFILL)
        stand_ins.aws.clear_calls()
        stand_ins.opentok.clear_calls()
        yield running


@pytest.fixture
def pooled(stand_ins: StandIns) -> Iterator[Live]:
    with full_pool(stand_ins) as running:
        yield running


def test_a_first_join_makes_no_call_to_opentok_and_one_transaction(pooled: Live) -> None:
    pooled.token("alice", "red")
    assert pooled.stand_ins.opentok.calls == []
    first, *others = pooled.stand_ins.aws.calls
    assert (first, others[-1]) == (READ, WRITE)
    # A query counts the user's rooms. At most one for each part of the pool finds a session.
    assert set(others[:-1]) == {QUERY}
    assert 2 <= len(others[:-1]) <= 1 + POOL_SHARDS


def test_a_later_first_join_of_the_instance_knows_a_session_already(stand_ins: StandIns) -> None:
    with running_live(stand_ins, MIN_POOLED_SESSIONS="40", MAX_POOLED_SESSIONS="40") as live:
        live.run(REFILL)
        live.token("alice", "red")
        stand_ins.aws.clear_calls()
        live.token("alice", "blue")
    assert stand_ins.aws.calls == [READ, WRITE]


def test_a_warm_re_join_stays_one_read(pooled: Live) -> None:
    pooled.token("alice", "red")
    pooled.stand_ins.aws.clear_calls()
    pooled.token("bob", "red")
    assert pooled.stand_ins.aws.calls == [READ]


def test_rooms_open_while_opentok_is_down(
    stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    with full_pool(stand_ins) as pooled:
        stand_ins.opentok.faults.add(Fault("/session/create", 503), times=99)
        for number in range(SIZE):
            assert pooled.ask("alice", "POST", f"/rooms/room-{number}/tokens").status == 201
        assert all("SessionPoolDry" not in line for line in log_lines(capsys))
        reply = pooled.ask("alice", "POST", "/rooms/one-more/tokens")
        assert (reply.status, reply.code) == (503, "provider_unavailable")
        assert log_lines(capsys)[-1]["SessionPoolDry"] == [1.0]


def test_clients_connect_to_a_pooled_session_and_are_seen(pooled: Live) -> None:
    connection = pooled.enter("bob", "red")
    assert pooled.shown("red", "bob") == {connection: "bob"}


def test_an_idle_refill_reads_the_record_and_each_part_of_the_pool(
    stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    with full_pool(stand_ins) as pooled:
        pooled.run(REFILL)
        assert stand_ins.aws.calls == [READ, *[QUERY] * POOL_SHARDS]
        assert stand_ins.opentok.calls == []
        line = log_lines(capsys)[-1]
        assert (line["route"], line["status"], line["code"]) == (REFILL, 200, "ok")
        assert "_aws" not in line  # CloudWatch bills each metric for each hour


def test_a_refill_while_opentok_is_down_says_so_in_the_log(
    stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_ins.opentok.faults.add(Fault("/session/create", 400), times=99)
    with running_live(stand_ins, MAX_POOLED_SESSIONS="10", MIN_POOLED_SESSIONS="1") as live:
        live.run(REFILL)
    line = log_lines(capsys)[-1]
    assert (line["status"], line["code"]) == (503, "provider_refused")


def test_sessions_of_other_credentials_are_dropped(pooled: Live) -> None:
    stand_ins = pooled.stand_ins
    old = {item["pk"]["S"] for item in stand_ins.items() if "dueKind" in item}
    assert len(old) == SIZE
    vonage = {"applicationId": APPLICATION_ID, "privateKey": stand_ins.vonage.private}
    stand_ins.put_secret(vonage | {"privacyKeys": [PRIVACY_KEY]})
    with running_live(stand_ins, MIN_POOLED_SESSIONS=f"{SIZE}", MAX_POOLED_SESSIONS="10") as live:
        live.run(REFILL)
        live.token("alice", "red")
    kept = {item["pk"]["S"] for item in stand_ins.items() if "dueKind" in item}
    assert len(kept) == SIZE
    assert kept.isdisjoint(old)
