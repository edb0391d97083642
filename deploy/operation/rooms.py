"""`make rooms`: the rooms of a stage, live ones first, a page at a time."""

from collections.abc import Iterator, Mapping
from typing import Final, TextIO

from chalicelib.api.http.cursors import EntryPosition, decode_cursor, encode_cursor
from chalicelib.core.model.room import Room
from chalicelib.core.ports.room_store import DirectoryPlace, RoomDirectory
from chalicelib.core.rooms.operation.room_figures import Figures, RoomFigures
from chalicelib.core.rooms.read_rooms import MAX_READS_OF_A_PAGE, MOST_LIVE_SESSIONS
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock, epoch_milliseconds, rfc3339, short_hash
from chalicelib.errors import InvalidField
from deploy.errors import DeployError
from deploy.operation.printing import shown

PAGE: Final = 50
"""The number of rooms that are shown at a time."""
_SECONDS: Final = 60.0
_LIVE: Final = "live."
_OTHERS: Final = "others."
"""The beginnings of places in the two parts of the list."""
_SCOPE: Final = "make rooms"


class Rooms:
    """The rooms of a stage, for the operator.

    Args:
        stage: The stage's name, for what to run next.
        directory: Lists live rooms, and all.
        figures: Counts in a room.
        clock: Returns the current time.
    """

    def __init__(
        self, stage: str, directory: RoomDirectory, figures: RoomFigures, clock: Clock
    ) -> None:
        self._stage = stage
        self._directory = directory
        self._figures = figures
        self._clock = clock

    def report(self, after: str, out: TextIO) -> None:
        """Print a page of rooms.

        Args:
            after: The place after which the page starts, as the page before printed it; or empty.
            out: Takes the text.

        Raises:
            DeployError: The place is none.
        """
        deadline = Deadline(_SECONDS)
        found = self._directory.live_sessions(MOST_LIVE_SESSIONS, deadline)
        live = {short_hash(each): each for each in found}
        following: str | None = after
        left = PAGE
        if not after.startswith(_OTHERS):
            print(f"Live rooms, by their last check: {len(live)}", file=out)
            number, following = self._live(live, after.removeprefix(_LIVE), deadline, out)
            left -= number
        if following is not None and following.startswith(_OTHERS) and left:
            print("Other rooms:", file=out)
            following = self._others({*found}, _place_in(following), left, deadline, out)
        if following is not None:
            print(f"The next page: make rooms STAGE={self._stage} AFTER={following}", file=out)

    def _live(
        self, live: Mapping[str, str], after: str, deadline: Deadline, out: TextIO
    ) -> tuple[int, str]:
        """Print live rooms, fullest first. Return their number, and where the list goes on."""
        left = sorted(each for each in live if each > after)
        page = left[:PAGE]
        rooms = self._directory.rooms_of([live[each] for each in page], deadline)
        counted: dict[str, Figures] = {}

        def count(room: Room) -> None:
            counted[room.name] = self._figures.of(room, deadline)

        for_each_concurrently(count, rooms)
        fullest = sorted(rooms, key=lambda room: (-counted[room.name].connections, room.name))
        for room in fullest:
            figures = counted[room.name]
            people = f"{figures.connections:>5} connections  {figures.recordings:>2} recordings"
            print(f"  {room.name:<40}{people}  {room.state(self._clock()).value}", file=out)
        return len(page), f"{_LIVE}{page[-1]}" if len(left) > PAGE else _OTHERS

    def _others(
        self,
        live: set[str],
        place: DirectoryPlace | None,
        limit: int,
        deadline: Deadline,
        out: TextIO,
    ) -> str | None:
        """Print rooms that are not live. Return where the list goes on, if it does."""
        number = 0
        for _ in range(MAX_READS_OF_A_PAGE):
            page = self._directory.page_of_all(place, limit - number, deadline)
            others = [each for each in page.rooms if each.session_id not in live]
            for line in self._lines(others):
                print(line, file=out)
            number += len(others)
            place = page.after
            if place is None:
                return None
            if number == limit:
                break
        return f"{_OTHERS}{_text_of(place)}" if place is not None else None

    def _lines(self, rooms: list[Room]) -> Iterator[str]:
        for room in rooms:
            state = room.state(self._clock()).value
            creator = shown(room.created_by or "nobody")
            yield f"  {room.name:<40}{state:<10}  since {rfc3339(room.created_at)}  by {creator}"


def _text_of(place: DirectoryPlace) -> str:
    milliseconds = epoch_milliseconds(place.created_at)
    position = EntryPosition(place.id, milliseconds, place.owner, place.is_session)
    return encode_cursor(position, _SCOPE)


def _place_in(after: str) -> DirectoryPlace | None:
    text = after.removeprefix(_OTHERS)
    if not text:
        return None
    try:
        position = decode_cursor(text, _SCOPE, EntryPosition)
    except InvalidField as error:
        raise DeployError(
            "AFTER is no place in this list.", "Run `make rooms` without AFTER."
        ) from error
    return DirectoryPlace(position.id, position.created_at, position.owner, position.is_session)
