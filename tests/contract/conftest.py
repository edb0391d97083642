from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from chalicelib.adapters.dynamodb.rooms import DynamoDBRooms
from chalicelib.core.ports.room_store import RoomStore
from tests.support.dynamodb_local import running_dynamodb_local
from tests.support.engines import Engine
from tests.support.stand_ins import TABLE, StandIns

MOTO = "moto"
DYNAMODB_LOCAL = "dynamodb_local"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what needs an engine on moto, and in `make check` on Amazon's own instead."""
    if "engine" in metafunc.fixturenames:
        wanted = metafunc.config.getoption("--run-dynamodb-local")
        engine = DYNAMODB_LOCAL if wanted else MOTO
        metafunc.parametrize("engine", [engine], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what needs no engine to `make test` alone."""
    if not config.getoption("--run-dynamodb-local"):
        return
    without = [item for item in items if _is_here(item) and "engine" not in _fixtures(item)]
    items[:] = [item for item in items if item not in without]
    config.hook.pytest_deselected(items=without)


def _is_here(item: pytest.Item) -> bool:
    return Path(__file__).parent in item.path.parents


def _fixtures(item: pytest.Item) -> list[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else []


@pytest.fixture(scope="session")
def dynamodb_local_url() -> Iterator[str]:
    with running_dynamodb_local() as url:
        yield url


@pytest.fixture
def engine(
    request: pytest.FixtureRequest, stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Engine]:
    """DynamoDB with an empty table, where every client that names no address finds it."""
    url = stand_ins.aws_server.url
    if request.param == DYNAMODB_LOCAL:
        url = request.getfixturevalue("dynamodb_local_url")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
    client = boto3.client("dynamodb", endpoint_url=url, config=Config(max_pool_connections=50))
    engine = Engine(client)
    if request.param == DYNAMODB_LOCAL:
        engine.empty_table()
    yield engine
    client.close()


@pytest.fixture
def store(engine: Engine) -> RoomStore:
    return DynamoDBRooms(engine.client, TABLE)
