"""The overview of a stage on given ports."""

from typing import TYPE_CHECKING

from chalicelib.core.rooms.operation.read_overview import ReadOverview
from chalicelib.core.rooms.operation.room_figures import RoomFigures
from chalicelib.core.support.formats import Clock

if TYPE_CHECKING:
    from chalicelib.composition.ports import Ports


def wire_overview(ports: "Ports", clock: Clock) -> ReadOverview:
    """Return the use case of the overview on these ports."""
    return ReadOverview(
        ports.directory(),
        ports.due_work(),
        RoomFigures(ports.sessions, ports.media().store),
        ports.refusals(),
        clock,
    )
