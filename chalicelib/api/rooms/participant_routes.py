"""The route that resolves the opaque ids in connection data."""

from http import HTTPStatus
from typing import Annotated, Final, Self

from msgspec import Meta, Struct

from chalicelib import errors
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.operations import FOR_PARTICIPANTS, MEMBER_ERRORS
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.core.sessions.resolve_participants import KnownParticipant

MAX_RESOLVED: Final = 20
_OPAQUE_ID: Final = "[A-Za-z0-9_-]{1,1000}"
_IDS: Final = rf"^{_OPAQUE_ID}(,{_OPAQUE_ID}){{0,{MAX_RESOLVED - 1}}}(?![\s\S])"

routes = Routes(tag="connections")


class ParticipantQuery(Struct, forbid_unknown_fields=True):
    """Up to 20 opaque ids, with commas between them."""

    ids: Annotated[str, Meta(pattern=_IDS, max_length=8000)]


class ParticipantAnswer(Struct, rename="camel"):
    """A participant: the opaque id, and who that is."""

    id: str
    user_id: str
    name: str | None

    @classmethod
    def of(cls, participant: KnownParticipant) -> Self:
        return cls(participant.id, participant.user_id, participant.name)


class ParticipantList(Struct):
    """The participants that were found."""

    items: list[ParticipantAnswer]


@routes.get(
    "/rooms/{room}/participants",
    FOR_PARTICIPANTS,
    summary="Resolve the opaque ids in connection data",
    description=(
        "Under `PRIVACY=strict`, connection data has `participant`, an opaque id, in place of "
        "`userId` and `name`. Who is connected to the room, or moderates it, learns here who that "
        "is. Guests may ask too. Ids that are not of the room's current session are left out. "
        "Right after connecting, 403 `not_in_room` may come for a moment, until OpenTok's "
        "callback has come: ask again after a second."
    ),
    query=ParticipantQuery,
    returns={HTTPStatus.OK: ParticipantList},
    raises=(*MEMBER_ERRORS, errors.NotInRoom),
)
def list_participants(context: RequestContext, room: str) -> Response:
    ids = context.query(ParticipantQuery).ids.split(",")
    use_case = context.use_cases.resolve_participants()
    found = use_case.resolve(context.user, room, ids, context.deadline)
    return Response(HTTPStatus.OK, ParticipantList([ParticipantAnswer.of(each) for each in found]))
