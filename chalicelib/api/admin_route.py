"""The overview of the stage, for admins."""

from http import HTTPStatus
from typing import Final

from msgspec import Struct

from chalicelib import errors
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes

routes: Final = Routes(tag="admin")


class OverviewAnswer(Struct, rename="camel"):
    """The state of the stage.

    `connections` and `recordings` are those of `countedRooms` live rooms: of all, or of 100 chosen
    by chance. `oldestDueSeconds` says for how long the live room that waits longest has been due
    for a check. `refusals` has the number of answers with each problem's code in the last hour. It
    is null if CloudWatch did not answer.
    """

    live_rooms: int
    counted_rooms: int
    connections: int
    recordings: int
    oldest_due_seconds: float
    refusals: dict[str, int] | None


@routes.get(
    "/admin/overview",
    summary="See the state of the stage",
    description=(
        "For admins. Rooms are live if somebody was in at their last check, or may be now. At most "
        "20,000 are counted. Refusals arrive with minutes' delay."
    ),
    returns={HTTPStatus.OK: OverviewAnswer},
    raises=(errors.NotAnAdmin,),
)
def read_overview(context: RequestContext) -> Response:
    found = context.use_cases.read_overview().read(context.user, context.deadline)
    answer = OverviewAnswer(
        live_rooms=found.live_rooms,
        counted_rooms=found.counted_rooms,
        connections=found.connections,
        recordings=found.recordings,
        oldest_due_seconds=found.oldest_due.total_seconds(),
        refusals=None if found.refusals is None else dict(found.refusals),
    )
    return Response(HTTPStatus.OK, answer)
