"""The records of projects, by id and in lists."""

from http import HTTPStatus
from typing import Annotated, Any, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec
from flask import request

from stand_ins.opentok.rest_errors import AbsentError, RestError

_DEFAULT_COUNT = 50
_LARGEST_COUNT = 1000


class Record(Protocol):
    @property
    def record_id(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def session_id(self) -> str: ...


_Record = TypeVar("_Record", bound=Record)


class Page(msgspec.Struct, frozen=True):
    """A part of a list: its offset and its length."""

    offset: Annotated[int, msgspec.Meta(ge=0)] = 0
    count: Annotated[int, msgspec.Meta(ge=0, le=_LARGEST_COUNT)] = _DEFAULT_COUNT
    session_id: str | None = None

    def of(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        """Return this part of the items; `count` is the number of all items."""
        return {"count": len(items), "items": items[self.offset : self.offset + self.count]}


class ProjectRecords(Generic[_Record]):
    """The records in memory, in order of creation. Not safe under threads.

    Args:
        absent: OpenTok's text for a missing record.
    """

    def __init__(self, absent: str) -> None:
        self._absent = absent
        self._records: dict[str, _Record] = {}

    def add(self, record: _Record) -> None:
        self._records[record.record_id] = record

    def clear(self) -> None:
        self._records.clear()

    def all(self) -> list[_Record]:
        return list(self._records.values())

    def find(self, record_id: str) -> _Record:
        """Return the record with this id, or raise AbsentError."""
        if record_id not in self._records:
            raise AbsentError(self._absent)
        return self._records[record_id]

    def of_project(self, key: str, record_id: str) -> _Record:
        """Return the project's record with this id.

        Raises:
            RestError: 400 for a malformed id, 404 for a missing record.
        """
        check_id(record_id)
        record = self.find(record_id)
        if record.key != key:
            raise AbsentError(self._absent)
        return record

    def newest_first(self, key: str, session_id: str | None) -> list[_Record]:
        """Return the records of a project, or of one of its sessions, newest first."""
        return [
            each
            for each in reversed(self._records.values())
            if each.key == key and session_id in (None, each.session_id)
        ]


def asked_page() -> Page:
    """Return the part of a list that the request's query names.

    Raises:
        RestError: The query is invalid. Of the real service only the limits are documented.
    """
    query = {"session_id": request.args.get("sessionId")} | {
        name: request.args[name] for name in ("offset", "count") if name in request.args
    }
    try:
        return msgspec.convert(query, Page, strict=False)
    except msgspec.ValidationError as error:
        raise RestError(f"Invalid request: {error}", HTTPStatus.BAD_REQUEST) from error


def check_id(text: str) -> None:
    """Raise RestError if the text cannot be an id."""
    try:
        UUID(text)
    except ValueError as error:
        raise RestError("Invalid id", HTTPStatus.BAD_REQUEST) from error
