"""The attributes by which a connection's item is also a line of attendance.

Callbacks write them with what they write anyway, so attendance costs no further call. `startedAt`
puts the item in the index `media-by-start`, sorted by arrival. `wentAt` is the time of the end, and
`ending` is why, as OpenTok reported it. An end without `ending` was found by reconciliation. Then
`seenAt` is the time of the check before, `impliedAt` that of the last end of a stream or call, and
`recordedAt` that at which the arrival came on record.
`endedAs` is the reason for which Roomkey ended the connection.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.table import deserialize
from chalicelib.core.model.attendance import Attendance, EndHint, UnreportedEnd
from chalicelib.core.model.connection import (
    Connection,
    Ending,
    EndReport,
    Participant,
    Service,
)
from chalicelib.core.model.user import Role
from chalicelib.core.support.formats import epoch_milliseconds, from_epoch_milliseconds

CAME: Final = "connection#"
"""The prefix of `startedAt`. Media are in the same index, with their kind as the prefix."""
_DIGITS: Final = 15


def arrival_key(came: datetime, connection_id: str = "") -> str:
    """Return the `startedAt` of a connection, or what precedes all that came then or later."""
    return f"{CAME}{epoch_milliseconds(came):0{_DIGITS}}#{connection_id}"


def came_update(
    write: UpdateBuilder, connection: Connection, ending: Ending | None
) -> UpdateBuilder:
    """Add the arrival to a write, with the reason for which this service ends the connection."""
    write.set(arrival_key(connection.since, connection.id), "startedAt")
    if connection.recorded is not None:
        write.set_if_absent(epoch_milliseconds(connection.recorded), "recordedAt")
    return write if ending is None else write.set(ending.value, "endedAs")


def went_update(
    write: UpdateBuilder,
    at: datetime,
    report: EndReport | EndHint | None,
    *,
    named: bool,
    user_id: str | None,
) -> UpdateBuilder:
    """Add the end to a write. A report of OpenTok replaces what was assumed, in any order.

    Args:
        write: The write.
        at: The time of the end, if no report says otherwise.
        report: What OpenTok reports, or what else is known of the end.
        named: True if the name is kept. The role goes with the name.
        user_id: The user, if the caller knows.
    """
    if user_id is not None:
        write.set(user_id, "userId")
    if not named:
        write.remove("name").remove("role")
    if isinstance(report, EndHint) and report.after is not None:
        write.set_if_absent(epoch_milliseconds(report.after), "seenAt")
    if isinstance(report, EndHint) and report.implied is not None:
        implied_update(write, report.implied)
    if not isinstance(report, EndReport):
        return write.set_if_absent(epoch_milliseconds(at), "wentAt")
    write.set(epoch_milliseconds(report.at), "wentAt").set(report.ending.value, "ending")
    connection = report.connection
    write.set_if_absent(epoch_milliseconds(connection.since), "since")
    write.set_if_absent(arrival_key(connection.since, connection.id), "startedAt")
    participant = connection.participant
    known = {
        "userId": participant.user_id if user_id is None else None,
        "service": participant.service and participant.service.value,
        "name": participant.name if named else None,
        "role": participant.role and participant.role.value if named else None,
    }
    for name, value in known.items():
        if value is not None:
            write.set_if_absent(value, name)
    return write


def implied_update(write: UpdateBuilder, implied: datetime) -> UpdateBuilder:
    """Add the time of an end with which the connection may have ended."""
    return write.set(epoch_milliseconds(implied), "impliedAt")


def published_update(implied: datetime | None = None) -> UpdateBuilder:
    """Record that the connection has published, and the end that its stream's end implies."""
    write = UpdateBuilder().set(True, "published")
    return write if implied is None else implied_update(write, implied)


def end_from_values(values: Mapping[str, Any]) -> datetime | None:
    """Return the time of a connection's end, or None if it lasts."""
    missed, came, recorded, after, implied = (
        None if values.get(name) is None else from_epoch_milliseconds(values[name])
        for name in ("wentAt", "since", "recordedAt", "seenAt", "impliedAt")
    )
    if missed is None or "ending" in values:
        return missed
    return UnreportedEnd(missed, came, recorded, after, implied).assumed


def attendance_from_item(item: Mapping[str, Any]) -> Attendance:
    """Build a line of attendance from an item that DynamoDB returned."""
    values = deserialize(item)
    came, went = from_epoch_milliseconds(values["since"]), end_from_values(values)
    role, service = values.get("role"), values.get("service")
    reported, own = values.get("ending"), values.get("endedAs")
    return Attendance(
        connection_id=values["sk"].removeprefix(CAME),
        participant=Participant(
            values.get("userId"),
            values.get("name"),
            None if role is None else Role(role),
            None if service is None else Service(service),
        ),
        came=came,
        went=None if went is None else max(came, went),
        reported=None if reported is None else Ending(reported),
        own_ending=None if own is None else Ending(own),
        published="published" in values,
    )
