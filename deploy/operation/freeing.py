"""`make free`: the repair of a stuck room, which says before what it does."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Final, TextIO

from chalicelib.core.rooms.operation.free_seats import Comparison, FreeSeats
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import rfc3339
from chalicelib.errors import NotConfigured, ProviderRefused, RoomNotFound
from deploy.asking import Operator
from deploy.errors import DeployError
from deploy.operation.printing import checked_name, counted, no_such_room, shown

_SECONDS: Final = 60.0
_SHOWN: Final = 50
"""The number of connections, and of seats, that are shown one by one."""


class Freeing:
    """The repair of a room at the operator's word.

    Args:
        stage: The stage's name, for what to run next.
        repair: Compares, frees and ends.
        operator: Is asked before anything changes.
        audited: Keeps the audit entries of a `with` block.
        out: Takes the text.
    """

    def __init__(
        self,
        stage: str,
        repair: FreeSeats,
        operator: Operator,
        audited: Callable[[], AbstractContextManager[None]],
        out: TextIO,
    ) -> None:
        self._stage = stage
        self._repair = repair
        self._operator = operator
        self._audited = audited
        self._out = out

    def free(self, name: str) -> None:
        """Free the seats that nobody sits in, after the operator has seen which.

        Raises:
            DeployError: No room has this name, or the operator did not confirm.
        """
        found = self._compare(name)
        if not found.has_findings:
            print("There is nothing to free.", file=self._out)
            return
        self._confirm(
            f"Remove {counted(len(found.gone), 'connection')} from the record, and free "
            f"{counted(len(found.unused), 'seat')}? Nobody is disconnected. Type {found.room.name} "
            "to continue:",
            found.room.name,
        )
        with self._audited():
            freed = self._repair.free(found, Deadline(_SECONDS))
        print(
            f"Removed {counted(len(found.gone), 'connection')} from the record, and freed "
            f"{counted(freed, 'seat')}.",
            file=self._out,
        )

    def end(self, name: str) -> None:
        """End the room's call, after the operator has seen who is in.

        Raises:
            DeployError: No room has this name, or the operator did not confirm.
        """
        found = self._compare(name)
        self._confirm(
            f"Disconnect all {found.connected}, and give the room a new session? Its rules stay, "
            f"and everybody may join again. Type {found.room.name} to continue:",
            found.room.name,
        )
        with self._audited():
            is_emptied = self._repair.end(found.room, Deadline(_SECONDS))
        if is_emptied:
            print(f"The call in {found.room.name} has ended.", file=self._out)
        else:
            print(
                f"The call in {found.room.name} has ended for all who join from now on. OpenTok "
                "did not disconnect everybody in time: reconciliation does it within two minutes.",
                file=self._out,
            )

    def _compare(self, name: str) -> Comparison:
        try:
            found = self._repair.compare(checked_name(name), Deadline(_SECONDS))
        except RoomNotFound as error:
            raise no_such_room(name, self._stage) from error
        except (NotConfigured, ProviderRefused) as error:
            raise DeployError(
                f"OpenTok refuses the stored credentials: {error.note or error.detail}",
                f"make secret STAGE={self._stage} stores new ones. make who STAGE={self._stage} "
                f"ROOM={name} needs none.",
            ) from error
        for line in _lines(found):
            print(line, file=self._out)
        return found

    def _confirm(self, question: str, word: str) -> None:
        print(question, file=self._out)
        if not self._operator.confirms(">", word):
            raise DeployError("Nothing was changed.", f"To continue, answer {word}.")


def _lines(found: Comparison) -> Iterator[str]:
    room, limit = found.room, found.room.settings.max_participants
    seats = "no limit" if limit is None else f"{len(room.seats.connections)} of {limit} seats taken"
    listed = counted(found.connected, "connection")
    yield f"Room {room.name}: {seats}, and OpenTok lists {listed}."
    if found.gone and not found.connected:
        yield (
            "  OpenTok lists nobody. If people are in, the stored credentials are of another "
            "project: free nothing, and run make secret."
        )
    for gone in found.gone[:_SHOWN]:
        since = f"on record since {rfc3339(gone.since)}"
        yield f"  gone    {shown(gone.user_id or 'unknown'):<40}  {since}  {gone.id}"
    for user_id, until in [*found.unused.items()][:_SHOWN]:
        text = "nobody sits there" if until is None else f"kept until {rfc3339(until)}"
        yield f"  seat    {shown(user_id):<40}  {text}"
    more = max(0, len(found.gone) - _SHOWN) + max(0, len(found.unused) - _SHOWN)
    if more:
        yield f"  and {more} more"
    if found.unknown:
        yield (
            f"  {counted(found.unknown, 'connection')} that OpenTok lists: not on record. If it "
            "stays so for minutes, callbacks do not come: docs/runbook.md."
        )
    if found.unknown and found.unused:
        yield (
            "  Their users are not known: whoever it is may be in one of these seats. If you free "
            "it, one more than the limit may come in."
        )
