import logging
from collections.abc import Iterator

import pytest
import time_machine

from tests.support.live import Live
from tests.support.nameless import watching
from tests.support.noon import NOON
from tests.support.servers.stand_ins import StandIns


@pytest.fixture(autouse=True)
def new_logger() -> None:
    """powertools keeps loggers for the whole process, with the first test's standard output."""
    for name in ("roomkey", "roomkey-audit"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        for mark in ("init", "powertools_handler"):
            vars(logger).pop(mark, None)


@pytest.fixture(autouse=True)
def nobody_is_named(
    request: pytest.FixtureRequest, started_stand_ins: StandIns, new_logger: None
) -> Iterator[None]:
    """Run each test here under strict privacy. No line and no client token may name anybody.

    Tests marked `usual_privacy` are about what the usual privacy writes.
    """
    assert new_logger is None
    if request.node.get_closest_marker("usual_privacy") is not None:
        yield
        return
    with pytest.MonkeyPatch.context() as patch, watching() as watch:
        patch.setitem(started_stand_ins.environment, "PRIVACY", "strict")
        yield
    assert watch.named() == []


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stands still at noon until a test moves it."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def entered(live: Live) -> Live:
    """A service with a room that somebody is in."""
    live.room()
    live.enter("bob")
    live.stand_ins.opentok.clear_calls()
    return live
