import gc
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.retries.standard import ExponentialBackoff
from playwright.sync_api import Browser
from pytest_socket import disable_socket, enable_socket

from deploy.packaging.aws_descriptions import OPERATIONS
from tests.support.gateway import Gateway
from tests.support.live import Live, running_live
from tests.support.programs import dynamodb_local
from tests.support.programs.browser import running_browser
from tests.support.programs.installed import NotInstalledError
from tests.support.random_order import shuffled
from tests.support.servers.in_process_aws import InProcessAws, use_sockets
from tests.support.servers.quicker_moto import quicker_moto
from tests.support.servers.stand_ins import StandIns, running_stand_ins

TESTS = Path(__file__).parent
YOUNG_OBJECTS = 20_000
"""The number of new objects after which the garbage collector looks at them."""
_dynamodb = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--run-dynamodb-local",
        action="store_true",
        help="run what needs a database on DynamoDB Local, not on moto",
    )
    parser.addoption(
        "--random-order", type=int, metavar="SEED", help="run the tests in the order of this seed"
    )


def pytest_configure(config: pytest.Config) -> None:
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)
    # None makes its import fail. jsonschema would build a grammar of IRIs with it, for 1 s.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    if config.getoption("--run-dynamodb-local"):
        try:
            dynamodb_local.check_installed()
        except NotInstalledError as error:
            raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Let all processes of a run use one DynamoDB Local: Java compiles its code once."""
    config: pytest.Config = node.config
    if not config.getoption("--run-dynamodb-local"):
        return
    if _dynamodb not in config.stash:
        running = ExitStack()
        config.add_cleanup(running.close)
        url = running.enter_context(dynamodb_local.running_dynamodb_local(database_per_key=True))
        config.stash[_dynamodb] = url
    node.workerinput[dynamodb_local.SHARED_DYNAMODB] = config.stash[_dynamodb]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    seed = config.getoption("--random-order")
    if seed is not None:
        items[:] = shuffled(items, seed)


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over all that stays: modules, models and the tests."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call() -> None:
    """Let the garbage collector run before a test, if it would soon run within it.

    What earlier tests have left may have finalizers. Where a test parses JSON without end, they
    would find no depth left for a call, and pytest would count their errors as the test's.
    """
    youngest, *counts = gc.get_count()
    if youngest > YOUNG_OBJECTS / 2:
        _, *limits = gc.get_threshold()
        over = [count > limit for count, limit in zip(counts, limits, strict=True)]
        gc.collect(2 if over[1] else int(over[0]))


@pytest.fixture(autouse=True)
def no_sockets_in_unit_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    """Ban sockets in `tests/unit` and `tests/core`."""
    if {"unit", "core"}.isdisjoint(Path(request.node.path).relative_to(TESTS).parts):
        yield
        return
    disable_socket()
    yield
    enable_socket()


@pytest.fixture(scope="session")
def started_stand_ins() -> Iterator[StandIns]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            # Its database in DynamoDB Local is this process's own.
            "AWS_ACCESS_KEY_ID": f"test{os.environ.get('PYTEST_XDIST_WORKER', '')}",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }.items():
            patch.setenv(name, value)
        with quicker_moto(), running_stand_ins() as started:
            patch.setenv("AWS_ENDPOINT_URL", started.aws_server.url)
            in_process = InProcessAws(started.aws, started.aws_server.url)
            in_process.use(patch)
            yield started
            # The package describes these operations alone.
            shipped = {(name, each) for name, every in OPERATIONS.items() for each in every}
            assert in_process.operations_of_the_app <= shipped


@pytest.fixture(scope="session")
def aws_session(started_stand_ins: StandIns) -> boto3.Session:
    """The SDK at the stand-in. It reads the descriptions of AWS's services once, not per client."""
    assert started_stand_ins
    return boto3.Session()


@pytest.fixture
def aws_over_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make AWS clients as outside tests, for tests that look at connections."""
    use_sockets(monkeypatch)


@pytest.fixture
def stand_ins(started_stand_ins: StandIns) -> StandIns:
    """AWS, OpenTok and the identity provider, with nothing left in them by an earlier test."""
    started_stand_ins.start_anew()
    return started_stand_ins


@pytest.fixture
def gateway(stand_ins: StandIns) -> Gateway:
    """API Gateway before a new app with the usual settings."""
    return stand_ins.gateway()


@pytest.fixture
def live(stand_ins: StandIns) -> Iterator[Live]:
    """A new app with the usual settings, told by OpenTok's stand-in what happens in sessions."""
    with running_live(stand_ins) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium. Who opens a context in it closes that."""
    with running_browser() as running:
        yield running


@pytest.fixture(autouse=True)
def quiet_botocore() -> None:
    logging.getLogger("botocore").setLevel(logging.WARNING)


@pytest.fixture
def unpaused_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS clients repeat a call at once, where botocore pauses for a random time."""
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.0)
