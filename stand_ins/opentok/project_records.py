"""What projects have started, by id and in lists."""

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
    """Which part of a list is asked for."""

    offset: Annotated[int, msgspec.Meta(ge=0)] = 0
    count: Annotated[int, msgspec.Meta(ge=0, le=_LARGEST_COUNT)] = _DEFAULT_COUNT
    session_id: str | None = None

    def of(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        """These, cut to the page; `count` tells how many there are in all."""
        return {"count": len(items), "items": items[self.offset : self.offset + self.count]}


class ProjectRecords(Generic[_Record]):
    """In memory, in the order they were added. Not safe under threads.

    Args:
        absent: what OpenTok says where there is no such record.
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
        """Raise AbsentError if there is none of this id."""
        if record_id not in self._records:
            raise AbsentError(self._absent)
        return self._records[record_id]

    def of_project(self, key: str, record_id: str) -> _Record:
        """The project's record of this id.

        Raises:
            RestError: 400 for what is no id at all, 404 for what is not there.
        """
        check_id(record_id)
        record = self.find(record_id)
        if record.key != key:
            raise AbsentError(self._absent)
        return record

    def newest_first(self, key: str, session_id: str | None) -> list[_Record]:
        """A project's records, or those of one session."""
        return [
            each
            for each in reversed(self._records.values())
            if each.key == key and session_id in (None, each.session_id)
        ]


def asked_page() -> Page:
    """The part of a list that the request's query asks for.

    Raises:
        RestError: it makes no sense. Of the real service only the limits are documented.
    """
    query = {"session_id": request.args.get("sessionId")} | {
        name: request.args[name] for name in ("offset", "count") if name in request.args
    }
    try:
        return msgspec.convert(query, Page, strict=False)
    except msgspec.ValidationError as error:
        raise RestError(f"Invalid request: {error}", HTTPStatus.BAD_REQUEST) from error


def check_id(text: str) -> None:
    """Raise RestError for what cannot be the id of anything."""
    try:
        UUID(text)
    except ValueError as error:
        raise RestError("Invalid id", HTTPStatus.BAD_REQUEST) from error
