from collections.abc import Iterator

import pytest

from tests.fakes.service import Service
from tests.fakes.studio import Studio


@pytest.fixture
def studio(service: Service) -> Studio:
    """A room that somebody is in."""
    return Studio(service)


@pytest.fixture
def stored() -> Iterator[Studio]:
    """Such a room, whose archives are uploaded to a bucket of the owner's."""
    service = Service(has_bucket=True)
    yield Studio(service)
    assert service.unused_plans() == []
