from collections.abc import Iterator

import pytest
import time_machine

from tests.support.noon import NOON
from tests.support.sample_apps.sample_app import SampleApp, running_sample_app
from tests.support.servers.stand_ins import StandIns


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stands still at noon until a test moves it."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def app(stand_ins: StandIns, clock: time_machine.Traveller) -> Iterator[SampleApp]:
    del clock
    with running_sample_app(stand_ins) as app:
        yield app
