"""Answers that are none, from AWS and the issuer: of another server, cut or endless."""

import json
from binascii import crc32
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.adapters.aws_answers import MAX_ANSWER_BYTES
from chalicelib.adapters.cloudwatch import CloudWatchRefusals
from chalicelib.adapters.dynamodb.batches import get_all
from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.table import Item, Table
from chalicelib.adapters.issuer_documents import MAX_DOCUMENT_BYTES
from chalicelib.adapters.lambda_workers import LambdaWorkers
from chalicelib.adapters.oidc import TokenVerifier
from chalicelib.adapters.s3_archives import S3ArchiveStorage
from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.composition.aws import aws_clients, lambda_client, metrics_client, s3_client
from chalicelib.core.model.issuer import Issuer
from chalicelib.core.ports.archives import ArchiveFile
from chalicelib.core.ports.check_workers import CheckBatch
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import IdentityUnavailable, StoreUnavailable
from tests.support.noon import NOON
from tests.support.servers.answering_server import (
    SOCKET_BYTES,
    Answer,
    AnsweringServer,
    answering_server,
)
from tests.support.servers.stand_ins import AUDIENCE, StandIns

HUGE = 50_000_000
SECONDS = 8.0
KEY: dict[str, Any] = {"pk": {"S": "room#standup"}, "sk": {"S": "room"}}
FILE = ArchiveFile("47000001", "a-1", zipped=False)
BATCH = CheckBatch(("session-1",), 1000, NOON)
REQUEST_ID = {"x-amzn-RequestId": "REQUEST-1"}

pytestmark = pytest.mark.usefixtures("unpaused_botocore")


def of_aws(body: bytes, **headers: str) -> Answer:
    """Return an answer with a request id of AWS."""
    return Answer(body, headers=REQUEST_ID | headers)


HTML = b"<html>Sign in to the hotel's network</html>"
OF_NO_SERVICE = {
    "HTML": Answer(HTML, headers={"Content-Type": "text/html"}),
    "HTML with a request id": of_aws(HTML),
    "nothing": of_aws(b""),
    "an object of another server": Answer(b"{}"),
    "a list": of_aws(b"[]"),
    "null": of_aws(b"null"),
    "a number": of_aws(b"7"),
    "no UTF-8": of_aws(b'{"a":"\xff"}'),
    "nesting without end": of_aws(b"[" * 100_000),
    "another status": Answer(b"{}", status=202, headers=REQUEST_ID),
    "a redirection": Answer(HTML, status=302, headers={"Location": "https://hotel.test/"}),
    "an error that is a list": Answer(b"[]", status=400),
    "an error that is null": Answer(b"null", status=400),
    "an error without texts": Answer(b'{"__type":7,"message":[]}', status=400),
    "an error that is no UTF-8": Answer(b"\xff", status=400),
    "an error of endless nesting": Answer(b"[" * 100_000, status=400),
    "a checksum of another body": of_aws(b"{}", **{"x-amz-crc32": str(crc32(b"{ }"))}),
}


@pytest.fixture(scope="module")
def server(started_stand_ins: StandIns) -> Iterator[AnsweringServer]:
    """Run a server that all AWS clients of this module call."""
    assert started_stand_ins
    with answering_server() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", server.url)
        yield server


@pytest.fixture(scope="module")
def table(server: AnsweringServer) -> Table:
    assert server
    dynamodb, _ = aws_clients()
    return Table(dynamodb, "rooms")


@pytest.fixture(scope="module")
def credentials(server: AnsweringServer) -> SecretsManagerCredentials:
    assert server
    _, secrets_manager = aws_clients()
    return SecretsManagerCredentials(secrets_manager, "opentok")


@pytest.fixture(scope="module")
def storage(server: AnsweringServer) -> S3ArchiveStorage:
    assert server
    return S3ArchiveStorage("recordings", s3_client)


@pytest.fixture(scope="module")
def refusals(server: AnsweringServer) -> CloudWatchRefusals:
    assert server
    return CloudWatchRefusals(metrics_client(), "roomkey-dev")


@pytest.fixture(scope="module")
def workers(server: AnsweringServer) -> LambdaWorkers:
    assert server
    return LambdaWorkers(lambda_client(), "checks")


CALLS: dict[str, Callable[[Table], object]] = {
    "a read": lambda table: table.get(KEY, Deadline(SECONDS)),
    "a read of many": lambda table: get_all(table, [KEY], Deadline(SECONDS)),
    "a query": lambda table: list(table.query({}, Deadline(SECONDS))),
    "an update": lambda table: table.update(KEY, UpdateBuilder().set(1, "n"), Deadline(SECONDS)),
    "a transaction": lambda table: table.transact([], Deadline(SECONDS)),
}


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        *((kind, "a transaction") for kind in OF_NO_SERVICE),
        *(("an object of another server", call) for call in CALLS if call != "a transaction"),
    ],
)
def test_an_answer_that_is_not_dynamodbs_means_neither_absence_nor_success(
    server: AnsweringServer, table: Table, kind: str, call: str
) -> None:
    server.answer = OF_NO_SERVICE[kind]

    with pytest.raises(StoreUnavailable):
        CALLS[call](table)


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("a read", b'{"Item":{"pk":{"S":"room#standup"},"sk":{"S":"ro'),
        ("a read", b'{"Item":[]}'),
        ("a read", b'{"Item":"standup"}'),
        ("a read", b'{"Item":{"pk":7}}'),
        ("a read", b'{"Item":{}}'),
        ("a read", b'{"Item":{"pk":{"S":"room#retro"},"sk":{"S":"room"}}}'),
        ("a query", b"{}"),
        ("a query", b'{"Items":null}'),
        ("a query", b'{"Items":{}}'),
        ("a query", b'{"Items":[7]}'),
        ("a read of many", b"{}"),
        ("a read of many", b'{"Responses":{},"UnprocessedKeys":[]}'),
        ("a read of many", b'{"Responses":{"rooms":7},"UnprocessedKeys":{}}'),
    ],
)
def test_an_answer_of_a_wrong_shape_means_no_absence_either(
    server: AnsweringServer, table: Table, call: str, body: bytes
) -> None:
    server.answer = of_aws(body)

    with pytest.raises(StoreUnavailable):
        CALLS[call](table)


def test_dynamodbs_own_empty_answer_still_means_that_there_is_no_item(
    server: AnsweringServer, table: Table
) -> None:
    server.answer = of_aws(b"{}", **{"x-amz-crc32": str(crc32(b"{}"))})

    assert table.get(KEY, Deadline(SECONDS)) is None


@pytest.mark.parametrize(
    "answer",
    [
        *OF_NO_SERVICE.values(),
        of_aws(b'{"Name":"opentok","SecretString":"{'),
        of_aws(b'{"SecretString":"{}"}'),
        of_aws(b'{"Name":["opentok"],"SecretString":"{}"}'),
        of_aws(b'{"Name":"opentok","SecretString":{"apiKey":"1"}}'),
        of_aws(b'{"Name":"opentok","SecretString":7}'),
    ],
    ids=repr,
)
def test_an_answer_that_is_not_secrets_managers_is_an_outage(
    server: AnsweringServer, credentials: SecretsManagerCredentials, answer: Answer
) -> None:
    server.answer = answer

    with pytest.raises(StoreUnavailable):
        credentials.current(Deadline(SECONDS))


@pytest.mark.parametrize("answer", OF_NO_SERVICE.values(), ids=OF_NO_SERVICE)
def test_an_answer_that_is_not_cloudwatchs_is_no_count(
    server: AnsweringServer, refusals: CloudWatchRefusals, answer: Answer
) -> None:
    server.answer = answer

    with pytest.raises(StoreUnavailable):
        refusals.since(NOON - timedelta(hours=1), NOON, ["room_full"], Deadline(SECONDS))


def test_counts_that_do_not_come_in_time_are_none(refusals: CloudWatchRefusals) -> None:
    with pytest.raises(StoreUnavailable) as failure:
        refusals.since(NOON - timedelta(hours=1), NOON, ["room_full"], Deadline(0))
    assert failure.value.note == "cloudwatch:GetMetricData: TimeoutError"


def test_a_recording_is_deleted_when_s3_says_so_and_not_by_another_answer(
    server: AnsweringServer, storage: S3ArchiveStorage
) -> None:
    server.answer = Answer(HTML)
    with pytest.raises(StoreUnavailable):
        storage.delete(FILE, Deadline(SECONDS))

    for odd in (
        OF_NO_SERVICE["another status"],
        Answer(b"<Error/>", status=400),
        Answer(b"<Error><Code><a/></Code></Error>", status=400),
    ):
        server.answer = odd
        with pytest.raises(StoreUnavailable):
            storage.delete(FILE, Deadline(SECONDS))

    server.answer = Answer(status=204)
    assert storage.delete(FILE, Deadline(SECONDS))


@pytest.mark.parametrize("kind", OF_NO_SERVICE)
def test_a_worker_is_started_when_lambda_says_so_and_not_by_another_answer(
    server: AnsweringServer, workers: LambdaWorkers, kind: str
) -> None:
    server.answer = OF_NO_SERVICE[kind]
    if kind != "another status":  # Lambda says 202 itself
        with pytest.raises(StoreUnavailable):
            workers.start(BATCH, Deadline(SECONDS))

    server.answer = Answer(status=202)
    workers.start(BATCH, Deadline(SECONDS))


HUGE_ANSWERS = {
    "of a declared length": Answer(b"{}", padding=HUGE, headers=REQUEST_ID),
    "in chunks": Answer(b"{}", padding=HUGE, headers=REQUEST_ID, declared=False),
    "with an error": Answer(b"{}", padding=HUGE, status=500),
}


@pytest.mark.parametrize("kind", HUGE_ANSWERS)
def test_fifty_megabytes_are_read_up_to_a_bound_and_asked_for_once(
    server: AnsweringServer,
    table: Table,
    credentials: SecretsManagerCredentials,
    storage: S3ArchiveStorage,
    workers: LambdaWorkers,
    kind: str,
) -> None:
    for read in (
        lambda: table.get(KEY, Deadline(SECONDS)),
        lambda: credentials.current(Deadline(SECONDS)),
        lambda: storage.delete(FILE, Deadline(SECONDS)),
        lambda: workers.start(BATCH, Deadline(SECONDS)),
    ):
        server.answer, server.calls, server.most_sent = HUGE_ANSWERS[kind], 0, 0
        with pytest.raises(StoreUnavailable):
            read()
        assert server.calls == 1
        assert server.most_sent < MAX_ANSWER_BYTES + SOCKET_BYTES


def test_items_that_are_too_many_for_one_answer_are_read_in_several(
    stand_ins: StandIns, aws_over_sockets: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del aws_over_sockets
    monkeypatch.setenv("AWS_ENDPOINT_URL", stand_ins.aws_server.url)
    dynamodb, _ = aws_clients()
    table = Table(dynamodb, stand_ins.environment["ROOMS_TABLE"])
    items: list[Item] = [
        {"pk": {"S": f"room#{number}"}, "sk": {"S": "room"}} for number in range(5)
    ]
    for item in items:
        long = item | {"text": {"S": "x" * 300_000}}
        stand_ins.dynamodb().put_item(TableName=table.name, Item=long)

    found = get_all(table, [*items, KEY], Deadline(SECONDS))
    assert sorted(item["pk"]["S"] for item in found) == [item["pk"]["S"] for item in items]
    assert stand_ins.aws.count("DynamoDB.BatchGetItem") > 1
    dynamodb.close()


def new_verifier(stand_ins: StandIns, keys_url: str) -> TokenVerifier:
    return TokenVerifier([Issuer(stand_ins.identity.issuer, frozenset({AUDIENCE}), keys_url)])


@pytest.mark.parametrize("declared", [True, False])
def test_fifty_megabytes_of_keys_are_read_up_to_a_bound(
    started_stand_ins: StandIns, *, declared: bool
) -> None:
    bearer = f"Bearer {started_stand_ins.identity.bearer('alice')}"
    with answering_server(Answer(b"{}", padding=HUGE, declared=declared)) as server:
        verifier = new_verifier(started_stand_ins, server.url)
        with pytest.raises(IdentityUnavailable):
            verifier.user(bearer)
    assert server.most_sent < MAX_DOCUMENT_BYTES + SOCKET_BYTES


@pytest.mark.parametrize(("excess", "accepted"), [(0, True), (1, False)])
def test_keys_may_have_256_kibibytes_and_no_byte_more(
    started_stand_ins: StandIns, excess: int, *, accepted: bool
) -> None:
    identity = started_stand_ins.identity
    keys = json.dumps({"keys": [identity.signing_key().public_jwk()]}).encode()
    padding = MAX_DOCUMENT_BYTES - len(keys) + excess
    with answering_server(Answer(keys, padding=padding)) as server:
        verifier = new_verifier(started_stand_ins, server.url)
        bearer = f"Bearer {identity.bearer('alice')}"
        if accepted:
            assert verifier.user(bearer).id == "alice"
        else:
            with pytest.raises(IdentityUnavailable):
                verifier.user(bearer)
