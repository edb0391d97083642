from collections.abc import Iterator

import pytest

from tests.fakes.service import Service


@pytest.fixture
def service() -> Iterator[Service]:
    """A service on fakes, at noon. Whatever a test plans to go wrong with it must have done so."""
    service = Service()
    yield service
    assert service.unused_plans() == []
