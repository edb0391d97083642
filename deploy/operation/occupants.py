"""`make who`: who is in a room now, who keeps a seat, and who waits. It reads the record alone."""

from collections.abc import Iterator
from typing import Final, TextIO

from chalicelib.core.model.connection import Connection
from chalicelib.core.model.room import Room, State
from chalicelib.core.ports.connection_page import ConnectionPage
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.waiting_store import WaitingStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock, rfc3339
from deploy.operation.printing import checked_name, counted, no_such_room, shown

PAGE: Final = 100
"""The number of connections that are shown at a time."""
_SECONDS: Final = 60.0


class Occupants:
    """The people of one room, for the operator.

    Args:
        stage: The stage's name, for what to run next.
        rooms, sessions, waiting: The record.
        clock: Returns the current time.
    """

    def __init__(
        self,
        stage: str,
        rooms: RoomStore,
        sessions: SessionStore,
        waiting: WaitingStore,
        clock: Clock,
    ) -> None:
        self._stage = stage
        self._rooms = rooms
        self._sessions = sessions
        self._waiting = waiting
        self._clock = clock

    def report(self, name: str, after: str, out: TextIO) -> None:
        """Print who is in now, since when and by what role; then seats held; then who waits.

        Args:
            name: The room's name.
            after: The place after which the page starts, as the page before printed it; or empty.
            out: Takes the text.

        Raises:
            DeployError: No room has this name.
        """
        deadline = Deadline(_SECONDS)
        room = self._rooms.find(checked_name(name), deadline)
        if room is None:
            raise no_such_room(name, self._stage)
        page = self._sessions.page(room.session_id, after or None, PAGE, deadline)
        for line in self._lines(room, page, deadline):
            print(line, file=out)

    def _lines(self, room: Room, page: ConnectionPage, deadline: Deadline) -> Iterator[str]:
        now = self._clock()
        state = room.state(now)
        yield f"Room {room.name}: {state.value}, session {room.session_id}"
        yield f"In now, by the record ({len(page.connections)}{' and more' * page.others}):"
        yield from (f"  {_line(each)}" for each in page.connections)
        if page.next_cursor is not None:
            again = f"make who STAGE={self._stage} ROOM={room.name} AFTER={page.next_cursor}"
            yield f"  The next page: {again}"
        if room.settings.max_participants is not None and state is not State.CLOSED:
            seats, limit = room.seats.connections, room.settings.max_participants
            unused = [each for each in sorted(seats) if not room.seats.is_live(each)]
            yield f"Seats: {len(seats)} of {limit}, {len(unused)} without a connection:"
            for user_id in unused:
                until = room.seats.holds.get(user_id)
                kept = until is not None and until > now
                text = f"kept until {rfc3339(until)}" if kept and until else "lapsed"
                yield f"  {shown(user_id):<40}  {text}"
        if room.settings.waiting_room:
            waiting = self._waiting.waiting(room, deadline).waiting(now)
            yield f"Waiting for a moderator ({len(waiting)}):"
            for each in waiting:
                kind = "guest" if each.is_guest else "user"
                text = f"{kind}, since {rfc3339(each.since)}  {shown(each.name or '')}"
                yield f"  {shown(each.user_id):<40}  {text}".rstrip()


def _line(each: Connection) -> str:
    person = each.participant
    who = person.user_id or (person.service.value if person.service else "unknown")
    role = "refused" if each.refused else (person.role.value if person.role else "unknown role")
    doing = counted(len(each.streams), "stream") if each.streams else "watching"
    text = f"{role:<14}since {rfc3339(each.since)}  {doing:<10}  {each.id}"
    return f"{shown(who):<40}  {text}  {shown(person.name or '')}".rstrip()
