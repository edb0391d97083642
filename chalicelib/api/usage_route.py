"""The usage of OpenTok, and what it costs, for admins."""

from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Final, Literal, Self

from msgspec import UNSET, Meta, Struct, UnsetType

from chalicelib import errors
from chalicelib.api.http.cursors import PlacePosition, decode_cursor, encode_cursor
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.fields import PageQuery, given
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.core.model.usage import Usage
from chalicelib.core.usage.read_usage import GroupedBy, UsageItem

routes: Final = Routes(tag="usage")

_MINUTE: Final = 60_000
Day = Annotated[str, Meta(extra_json_schema={"format": "date"})]


class UsageQuery(PageQuery, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """The first and the last day in UTC, the way to group, and the page.

    Without `from` and `to` it is this month, until today.
    """

    start: date | UnsetType = UNSET
    end: date | UnsetType = UNSET
    by: Literal["day", "room", "creator"] = "day"


class UsageAnswer(Struct, rename="camel"):
    """The use in minutes, and its cost in dollars at the prices of this service.

    `subscribedMinutes` is the part of `participantMinutes` in which participants were not alone.
    The estimate charges that part. `peak` is the largest number of participants in a session at a
    time.
    """

    participant_minutes: float
    subscribed_minutes: float
    connections: int
    peak: int
    composed_archive_minutes: float
    individual_archive_minutes: float
    broadcast_minutes: float
    caption_minutes: float
    render_minutes: float
    sip_minutes: float
    estimate: float

    @classmethod
    def of(cls, usage: Usage, estimate: Decimal) -> Self:
        return cls(
            participant_minutes=_minutes(usage.participant),
            subscribed_minutes=_minutes(usage.subscribed),
            connections=usage.connections,
            peak=usage.peak,
            composed_archive_minutes=_minutes(usage.composed),
            individual_archive_minutes=_minutes(usage.individual),
            broadcast_minutes=_minutes(usage.broadcast),
            caption_minutes=_minutes(usage.captions),
            render_minutes=_minutes(usage.render),
            sip_minutes=_minutes(usage.sip),
            estimate=round(float(estimate), 4),
        )


class UsageItemAnswer(Struct, rename="camel", omit_defaults=True):
    """The usage of a day, of a room by its name in lower case, or of a creator.

    `creator` is null for rooms that nobody created. The estimate leaves out the month's base fee
    and its free minutes, which only the total has.
    """

    usage: UsageAnswer
    day: Day | UnsetType = UNSET
    room: str | UnsetType = UNSET
    creator: str | UnsetType | None = UNSET

    @classmethod
    def of(cls, item: UsageItem, by: GroupedBy) -> Self:
        usage = UsageAnswer.of(item.usage, item.estimate)
        if by is GroupedBy.CREATOR:
            return cls(usage, creator=item.name)
        name = item.name or ""
        return cls(usage, day=name) if by is GroupedBy.DAY else cls(usage, room=name)


class UsageList(Struct, rename={"first": "from", "last": "to"}):
    """A page of usage, the total of all pages, and the cursor of the next page.

    `unpriced` names the prices that are not known, so that the estimates leave them out.
    """

    first: Day
    last: Day
    items: list[UsageItemAnswer]
    total: UsageAnswer
    unpriced: list[str]
    cursor: str | None


@routes.get(
    "/usage",
    summary="See what was used, and what it costs",
    description=(
        "For admins. Days are those of UTC, both included. Grouped by room, they must lie in one "
        "month. Sums are counted within five minutes while a session goes on, and soon after it "
        "ends. A callback that comes late corrects them for 24 hours."
    ),
    query=UsageQuery,
    returns={HTTPStatus.OK: UsageList},
    raises=(errors.NotAnAdmin,),
)
def read_usage(context: RequestContext) -> Response:
    query, use_case = context.query(UsageQuery), context.use_cases.read_usage()
    by = GroupedBy(query.by)
    scope = f"usage/{query.by}/{given(query.start)}/{given(query.end)}/{context.user.id}"
    after = None
    if query.cursor is not None:
        after = decode_cursor(query.cursor, scope, PlacePosition).id
    report = use_case.report(
        context.user,
        (given(query.start), given(query.end)),
        by,
        context.deadline,
        after=after,
        limit=query.limit,
    )
    cursor = None
    if report.more:
        cursor = encode_cursor(PlacePosition(report.items[-1].key), scope)
    answer = UsageList(
        first=report.first.isoformat(),
        last=report.last.isoformat(),
        items=[UsageItemAnswer.of(each, by) for each in report.items],
        total=UsageAnswer.of(report.total, report.estimate),
        unpriced=use_case.prices.unknown(),
        cursor=cursor,
    )
    return Response(HTTPStatus.OK, answer)


def _minutes(milliseconds: int) -> float:
    return round(milliseconds / _MINUTE, 2)
