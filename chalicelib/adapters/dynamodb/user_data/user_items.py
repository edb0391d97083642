"""The parts of items that name a user."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from chalicelib.adapters.dynamodb.presence.attendance_items import end_from_values
from chalicelib.adapters.dynamodb.room_items import moment, room_from_item
from chalicelib.adapters.dynamodb.table import Item, deserialize
from chalicelib.adapters.dynamodb.usage.creator_rows import day_of_row, is_creator_row
from chalicelib.adapters.dynamodb.usage.sums import usage_from_item
from chalicelib.core.model.user import Role
from chalicelib.core.model.user_data.user_record import RecordKind, UserRecord, room_record

SEARCH: Final = "search#"
"""The prefix of the sort key of a search, which belongs to who searches."""


def user_record(item: Item, user_id: str, key: str) -> UserRecord | None:
    """Return what an item holds of a user, or None if it does not name the user."""
    if str(item["pk"].get("S")).startswith("room#"):
        return room_record(room_from_item(item), user_id, key)
    kind_and_reader = _reader_of(item)
    if kind_and_reader is None:
        return None
    kind, read = kind_and_reader
    found = read(deserialize(item), user_id)
    return None if found is None else UserRecord(kind=kind, key=key, **found)


_Values = Mapping[str, Any]
_Reader = Callable[[_Values, str], dict[str, Any] | None]


def _session(values: _Values, user_id: str) -> dict[str, Any] | None:
    if values.get("createdBy") != user_id:
        return None
    return {
        "id": values["pk"].removeprefix("session#"),
        "within": values["name"],
        "since": moment(values.get("createdAt")),
    }


def _connection(values: _Values, user_id: str) -> dict[str, Any] | None:
    if values.get("userId") != user_id:
        return None
    role = values.get("role")
    return {
        "id": values["sk"].removeprefix("connection#"),
        "within": values["pk"].removeprefix("session#"),
        "name": values.get("name"),
        "role": None if role is None else Role(role),
        "since": moment(values.get("since")),
        "until": end_from_values(values) or moment(values.get("goneAt")),
    }


def _invitation(values: _Values, user_id: str) -> dict[str, Any] | None:
    if values.get("createdBy") != user_id:
        return None
    return {
        "id": values["pk"].removeprefix("invitation#"),
        "within": values["room"],
        "since": moment(values["createdAt"]),
        "until": moment(values["endsAt"]),
    }


def _waiting(values: _Values, user_id: str) -> dict[str, Any] | None:
    for kind in ("users", "guests"):
        for waiting_id, user in values[kind].items():
            if user["userId"] == user_id:
                return {
                    "id": waiting_id,
                    "within": values["pk"].removeprefix("waiting#"),
                    "name": user.get("name"),
                    "since": moment(user["since"]),
                }
    return None


def _usage(values: _Values, user_id: str) -> dict[str, Any] | None:
    if values.get("createdBy") != user_id:
        return None
    day = day_of_row(values["pk"], values["sk"])
    return {"id": day.isoformat(), "usage": usage_from_item(values)}


def _quota(values: _Values, user_id: str) -> dict[str, Any] | None:
    if values["pk"] != f"user#{user_id}" or values["sk"].startswith(SEARCH):
        return None
    ends = values.get("expiresAt")
    until = None if ends is None else datetime.fromtimestamp(ends, UTC)
    return {"id": values["sk"].partition("#")[0], "until": until}


_READERS: Final[Mapping[tuple[str, str], tuple[RecordKind, _Reader]]] = {
    ("session", "session"): (RecordKind.SESSION, _session),
    ("session", "connection"): (RecordKind.CONNECTION, _connection),
    ("invitation", "invitation"): (RecordKind.INVITATION, _invitation),
    ("waiting", "list"): (RecordKind.WAITING, _waiting),
}
"""The kind and the reader of each item, by the first words of its keys."""


def _reader_of(item: Item) -> tuple[RecordKind, _Reader] | None:
    pk, sk = str(item["pk"].get("S")), str(item["sk"].get("S"))
    kind = pk.partition("#")[0]
    if kind == "user":
        return RecordKind.QUOTA, _quota
    if kind == "usage" and is_creator_row(pk):
        return RecordKind.USAGE, _usage
    return _READERS.get((kind, sk.partition("#")[0]))
