"""The use cases of users' data on given ports."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.core.rooms.user_data.erase_users import EraseUsers
from chalicelib.core.rooms.user_data.recordings import RecordingFinder
from chalicelib.core.rooms.user_data.show_user_data import ShowUserData
from chalicelib.core.support.formats import Clock
from chalicelib.core.use_cases import UserDataUseCases

if TYPE_CHECKING:
    from chalicelib.composition.ports import Ports


def wire_user_data(ports: "Ports", clock: Clock, new_id: Callable[[], str]) -> UserDataUseCases:
    """Return the use cases of users' data on these ports."""
    own = ports.user_data()
    recordings = RecordingFinder(ports.sessions, ports.media().store)
    return UserDataUseCases(
        show=ShowUserData(
            records=own.records,
            erasures=own.erasures,
            recordings=recordings,
            quotas=ports.quotas,
            clock=clock,
        ),
        erase=EraseUsers(
            records=own.records,
            erasures=own.erasures,
            rooms=ports.rooms,
            seats=ports.seats,
            sessions=ports.sessions,
            recordings=recordings,
            quotas=ports.quotas,
            clock=clock,
            new_id=new_id,
        ),
    )
