import logging
from collections.abc import Iterator

import pytest
import time_machine

from tests.support.live import Live
from tests.support.noon import NOON


@pytest.fixture(autouse=True)
def new_logger() -> None:
    """powertools keeps loggers for the whole process, with the first test's standard output."""
    for name in ("roomkey", "roomkey-audit"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        for mark in ("init", "powertools_handler"):
            vars(logger).pop(mark, None)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stands still at noon until a test moves it."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def entered(live: Live) -> Live:
    """With a room that somebody is in."""
    live.room()
    live.enter("bob")
    live.stand_ins.opentok.clear_calls()
    return live
