from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from hypothesis.internal.conjecture import engine as hypothesis_engine

from chalicelib.core.ports.room_store import RoomStore
from tests.fakes.memory.table import Table
from tests.support.programs.dynamodb_local import SHARED_DYNAMODB, running_dynamodb_local
from tests.support.stores.engines import Database, Engine, Memory
from tests.support.stores.example_rooms import LONGEST_TOKEN, NOON
from tests.support.stores.platforms import FakePlatform, Platform, StandInPlatform

if TYPE_CHECKING:
    from tests.support.servers.stand_ins import StandIns

FAKE = "fake"
STAND_IN = "stand_in"
MOTO = "moto"
DYNAMODB_LOCAL = "dynamodb_local"
hypothesis_engine.MAX_SHRINKING_SECONDS = 30
"""Against a database each attempt to shorten a failing run takes seconds. Its default is 300."""
_AT_ONCE = ("_interleavings", "_at_once")
"""The ends of the names of modules in which many calls run at once."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests of a database on fakes and moto, and in `make check` on Amazon's own instead.

    A test that looks into DynamoDB's items or calls does not run on the fakes.
    """
    local = metafunc.config.getoption("--run-dynamodb-local")
    if "database" in metafunc.fixturenames:
        real = [DYNAMODB_LOCAL] if local else [MOTO]
        databases = real if local or "engine" in metafunc.fixturenames else [FAKE, *real]
        metafunc.parametrize("database", databases, indirect=True)
    if "platform" in metafunc.fixturenames:
        metafunc.parametrize("platform", [FAKE, STAND_IN], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests without a database to `make test` alone, and long ones on a database to `check`.

    Where many calls run at once, Amazon's own engine is stricter than moto.
    """
    here = [item for item in items if _is_here(item)]
    if config.getoption("--run-dynamodb-local"):
        without = {item for item in here if "database" not in _fixtures(item)}
    else:
        without = {item for item in here if item.path.stem.endswith(_AT_ONCE) and _is_on_moto(item)}
    items[:] = [item for item in items if item not in without]
    config.hook.pytest_deselected(items=list(without))


def _is_here(item: pytest.Item) -> bool:
    return Path(__file__).parent in item.path.parents


def _is_on_moto(item: pytest.Item) -> bool:
    return (
        isinstance(item, pytest.Function)
        and "database" in item.fixturenames
        and item.callspec.params["database"] == MOTO
    )


def _fixtures(item: pytest.Item) -> list[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else []


@pytest.fixture(scope="session")
def dynamodb_local_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The engine that all processes of a run share, or one of this process's own."""
    given = getattr(request.config, "workerinput", {}).get(SHARED_DYNAMODB)
    if given is not None:
        yield given
        return
    with running_dynamodb_local() as url:
        yield url


@pytest.fixture
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """An empty table; one of DynamoDB's is where every client that names no address finds it."""
    if request.param == FAKE:
        yield Memory(Table(lambda: NOON, LONGEST_TOKEN))
        return
    stand_ins: StandIns = request.getfixturevalue("stand_ins")
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
def engine(database: Database) -> Engine:
    """DynamoDB, for a test that looks into its items or calls."""
    assert isinstance(database, Engine)
    return database


@pytest.fixture
def store(database: Database) -> RoomStore:
    return database.stores.rooms


@pytest.fixture
def platform(request: pytest.FixtureRequest) -> Platform:
    """OpenTok: its fakes, or its stand-in by HTTP behind the real adapters."""
    if request.param == FAKE:
        return FakePlatform()
    return StandInPlatform(request.getfixturevalue("stand_ins"))
