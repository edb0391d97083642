"""Users who wait for the room `standup`, and decisions about them."""

from datetime import timedelta
from typing import Any, Final

import pytest

from chalicelib.core.model.user import User
from chalicelib.core.model.waiting import ASK_AGAIN_SECONDS, WaitingUser
from chalicelib.core.rooms.join_request import JoinRequest
from chalicelib.errors import MustWait
from tests.fakes.service import ALICE, Service

ASK_AGAIN: Final = timedelta(seconds=ASK_AGAIN_SECONDS)
DORA: Final = User("dora")
GUEST: Final = User("guest:1")


def ask(service: Service, user: User, room: str = "standup", **asked: Any) -> MustWait:
    """Ask for a token, and return the answer of a room in which the user has to wait."""
    with pytest.raises(MustWait) as wait:
        service.use_cases.join_room.join(user, room, JoinRequest(**asked), service.deadline)
    return wait.value


def waiting(service: Service) -> list[WaitingUser]:
    return service.use_cases.moderate_waiting.waiting(ALICE, "standup", service.deadline)


def ids(service: Service) -> list[str]:
    return [each.user_id for each in waiting(service)]


def approve(service: Service, waiting_id: str, moderator: User = ALICE) -> None:
    service.use_cases.moderate_waiting.approve(moderator, "standup", waiting_id, service.deadline)


def approve_all(service: Service) -> tuple[list[str], int]:
    moderate = service.use_cases.moderate_waiting
    approved, left = moderate.approve_all(ALICE, "standup", service.deadline)
    return [each.user_id for each in approved], left


def turn_away(service: Service, waiting_id: str) -> None:
    service.use_cases.moderate_waiting.turn_away(ALICE, "standup", waiting_id, service.deadline)


def disconnect(service: Service, connection_id: str) -> None:
    service.use_cases.moderate.disconnect(ALICE, "standup", connection_id, service.deadline)
    service.deliver()


def wait_for(service: Service, passed: timedelta, *users: User) -> None:
    """Let the time pass, while these users keep asking."""
    until = service.clock() + passed
    while service.clock() < until:
        service.clock.now = min(until, service.clock() + ASK_AGAIN)
        for user in users:
            ask(service, user)
