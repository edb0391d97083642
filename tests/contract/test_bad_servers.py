"""Servers that give no answer: each client of ours gives up by its deadline."""

import time
from collections.abc import Callable, Iterator

import boto3
import pytest
from botocore.config import Config

from chalicelib.adapters.dynamodb.rooms import DynamoDBRooms
from chalicelib.adapters.opentok.api_client import Request, Transport
from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import ProviderUnavailable, StoreUnavailable
from tests.fakes.memory.table import ATTENDANCE
from tests.support.servers.raw_server import BAD_SERVERS
from tests.support.stores.example_rooms import LONGEST_TOKEN

SECONDS = 0.2
LATEST_SECONDS = 2.0
PATIENT = Config(connect_timeout=5, read_timeout=5, retries={"total_max_attempts": 1})
"""The settings of clients that would wait longer by themselves, as OpenTok's does too."""


@pytest.fixture(params=BAD_SERVERS)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with BAD_SERVERS[request.param]() as url:
        yield url


def assert_given_up_in_time(call: Callable[[], object], error: type[Exception]) -> None:
    started = time.perf_counter()
    with pytest.raises(error):
        call()
    assert time.perf_counter() - started < LATEST_SECONDS


def test_an_opentok_that_gives_no_answer_is_given_up_on(url: str) -> None:
    request = Request("POST", f"{url}/session/create", {})

    assert_given_up_in_time(
        lambda: Transport().send(request, Deadline(SECONDS)), ProviderUnavailable
    )


def test_a_dynamodb_that_gives_no_answer_is_given_up_on(
    url: str, aws_session: boto3.Session
) -> None:
    client = aws_session.client("dynamodb", endpoint_url=url, config=PATIENT)
    rooms = DynamoDBRooms(client, "rooms", LONGEST_TOKEN, ATTENDANCE)

    assert_given_up_in_time(lambda: rooms.find("standup", Deadline(SECONDS)), StoreUnavailable)
    client.close()


def test_a_secrets_manager_that_gives_no_answer_is_given_up_on(
    url: str, aws_session: boto3.Session
) -> None:
    client = aws_session.client("secretsmanager", endpoint_url=url, config=PATIENT)
    credentials = SecretsManagerCredentials(client, "opentok")

    assert_given_up_in_time(lambda: credentials.current(Deadline(SECONDS)), StoreUnavailable)
    client.close()
