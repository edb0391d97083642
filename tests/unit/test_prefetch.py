from threading import Barrier
from typing import Any

from chalicelib.composition.prefetch import Prefetch
from chalicelib.composition.services import Services
from chalicelib.errors import IdentityUnavailable, NotConfigured, StoreUnavailable

SECONDS = 5.0


def failing(error: Exception) -> Any:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_a_start_fetches_all_at_the_same_time() -> None:
    together = Barrier(3)

    def meet(*_: object) -> None:
        together.wait(SECONDS)

    Prefetch([meet] * 3).finish()

    assert not together.broken


def test_a_start_goes_on_where_nothing_can_be_fetched() -> None:
    errors = (IdentityUnavailable("Later."), NotConfigured("no secret"), StoreUnavailable("Later."))

    Prefetch([failing(each) for each in errors]).finish()


def test_a_start_without_settings_fetches_nothing_and_goes_on() -> None:
    Services({}).prefetch()()
