"""The usage of a fake service, and the time that a count takes."""

from datetime import timedelta

from chalicelib.core.model.usage import Usage, day_of
from tests.fakes.service import Service
from tests.support.noon import NOON

_DAY = day_of(NOON)


def used(service: Service, room: str = "standup") -> Usage:
    """Return the sums of a room over its month."""
    last = _DAY + timedelta(days=1)
    (found, _) = service.stores.usage.rooms(_DAY.replace(day=1), _DAY, None, 100, service.deadline)
    further, _ = service.stores.usage.rooms(last, last, None, 100, service.deadline)
    every = [each.usage for each in (*found, *further) if each.room == room]
    return sum(every, Usage())


def settle(service: Service, hours: int = 0) -> None:
    """Let time pass, with a check each minute at first, and then every ten."""
    for minutes in [1] * 20 + [10] * (hours * 6):
        service.clock.forward(minutes=minutes)
        service.reconcile()
