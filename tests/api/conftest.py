import logging

import pytest


@pytest.fixture(autouse=True)
def new_logger() -> None:
    """powertools keeps a logger for the whole process, with the first test's standard output."""
    logger = logging.getLogger("roomkey")
    logger.handlers.clear()
    for mark in ("init", "powertools_handler"):
        vars(logger).pop(mark, None)
