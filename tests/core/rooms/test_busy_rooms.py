"""Rooms that change all the time: whoever is late each time is asked to try again."""

from collections.abc import Callable

import pytest

from chalicelib.core.ports.invitation_store import StaleInvitations
from chalicelib.core.ports.room_store import MAX_ATTEMPTS, StaleRoom
from chalicelib.core.ports.waiting_store import StaleWaiting
from chalicelib.errors import StoreUnavailable
from tests.fakes.service import ALICE, BOB, Service
from tests.support.waiting import ask


def ban(service: Service) -> None:
    service.ban("bob")


def invite(service: Service) -> None:
    service.invite()


def wait(service: Service) -> None:
    ask(service, BOB, "guarded")


def turn_away(service: Service) -> None:
    moderate = service.use_cases.moderate_waiting
    (bob,) = moderate.waiting(ALICE, "guarded", service.deadline)
    moderate.turn_away(ALICE, "guarded", bob.id, service.deadline)


@pytest.mark.parametrize(
    ("act", "step", "late", "times"),
    [
        (ban, "free", lambda service: StaleRoom(service.room()), MAX_ATTEMPTS),
        (invite, "put_new", lambda _: StaleInvitations(), MAX_ATTEMPTS),
        (
            wait,
            "record_waiting",
            lambda _: StaleWaiting(),
            MAX_ATTEMPTS // 2,
        ),  # it reads in between
        (turn_away, "turn_away", lambda _: StaleWaiting(), MAX_ATTEMPTS),
    ],
)
def test_who_is_late_each_time_is_asked_to_try_again(
    act: Callable[[Service], None], step: str, late: Callable[[Service], Exception], times: int
) -> None:
    service = Service()
    service.open(max_participants=3)
    service.open("guarded", waiting_room=True)
    service.enter(BOB)
    if act is turn_away:
        wait(service)

    def happens() -> None:
        raise late(service)

    service.table.faults.before_next(step, happens, times=times)
    with pytest.raises(StoreUnavailable) as refused:
        act(service)
    assert refused.value.retry_after
    assert service.unused_plans() == []
