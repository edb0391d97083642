"""Attendance in responses."""

from typing import Self

from msgspec import UNSET, Struct, UnsetType

from chalicelib.api.rooms.responses import Time
from chalicelib.core.model.attendance import Attendance
from chalicelib.core.model.connection import Ending, Service
from chalicelib.core.model.user import Role
from chalicelib.core.support.formats import rfc3339


class AttendanceAnswer(Struct, rename="camel"):
    """A connection, current or past. `went` and `ending` are null while it lasts.

    `userId` is null for a service of OpenTok, and if the user is not known. `reconciled` is true
    if a callback was lost, so that the user is not known, or the end only to a minute or two.
    """

    id: str
    user_id: str | None
    name: str | None
    role: Role | None
    came: Time
    went: Time | None
    ending: Ending | None
    published: bool
    reconciled: bool
    service: Service | UnsetType = UNSET

    @classmethod
    def of(cls, attendance: Attendance) -> Self:
        person, went = attendance.participant, attendance.went
        return cls(
            id=attendance.connection_id,
            user_id=person.user_id,
            name=person.name,
            role=person.role,
            came=rfc3339(attendance.came),
            went=None if went is None else rfc3339(went),
            ending=attendance.ending,
            published=attendance.published,
            reconciled=attendance.reconciled,
            service=person.service or UNSET,
        )


class AttendanceList(Struct):
    """A page of a room's attendance, and the cursor of the next page."""

    items: list[AttendanceAnswer]
    cursor: str | None
