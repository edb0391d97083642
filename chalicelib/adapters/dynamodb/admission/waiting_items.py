"""The items of a waiting room: their keys, and what is in them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chalicelib.adapters.dynamodb.room_items import room_from_item, room_key
from chalicelib.adapters.dynamodb.table import Item, deserialize, serialize
from chalicelib.core.model.waiting import Decision, Verdict, WaitingList, WaitingUser
from chalicelib.core.ports.waiting_store import WaitingLook
from chalicelib.core.support.formats import epoch_milliseconds, from_epoch_milliseconds

USERS: Final = "users"
GUESTS: Final = "guests"


def look_keys(name: str, session_id: str, user: str | None) -> list[Item]:
    """Return the keys of a room, its waiting room, and the decision about a user, if any."""
    keys = [room_key(name), list_key(session_id)]
    return keys if user is None else [*keys, decision_key(session_id, user)]


def look_in(items: Sequence[Item], name: str, session_id: str, user: str | None) -> WaitingLook:
    """Return what was found under these keys."""
    room = _of_key(items, room_key(name))
    current = None if room is None else room_from_item(room)
    if current is None or current.session_id != session_id:
        return WaitingLook(current)
    found = None if user is None else _of_key(items, decision_key(session_id, user))
    waiting = list_from_item(_of_key(items, list_key(session_id)))
    return WaitingLook(current, waiting, decision_from_item(found))


def list_key(session_id: str) -> Item:
    return serialize({"pk": f"waiting#{session_id}", "sk": "list"})


def decision_key(session_id: str, user: str) -> Item:
    return serialize({"pk": f"waiting#{session_id}", "sk": f"decision#{user}"})


def _of_key(items: Sequence[Item], key: Item) -> Item | None:
    return next((item for item in items if key.items() <= item.items()), None)


def kind_of(user: WaitingUser) -> str:
    return GUESTS if user.is_guest else USERS


def values_of(user: WaitingUser) -> dict[str, object]:
    values: dict[str, object] = {
        "userId": user.user_id,
        "since": epoch_milliseconds(user.since),
        "askedAt": epoch_milliseconds(user.asked_at),
    }
    if user.name is not None:
        values["name"] = user.name
    if user.invitation_id is not None:
        values["invitation"] = user.invitation_id
    if user.takes_use:
        values["takesUse"] = True
    return values


def list_from_item(item: Mapping[str, Any] | None) -> WaitingList:
    if item is None:
        return WaitingList()
    values = deserialize(item)
    users = {**values[USERS], **values[GUESTS]}
    return WaitingList(
        {each: _user(each, value) for each, value in users.items()},
        from_epoch_milliseconds(values["signalledAt"]),
        values["signalled"],
    )


def _user(each: str, values: Mapping[str, Any]) -> WaitingUser:
    since, asked_at = values["since"], values["askedAt"]
    return WaitingUser(
        each,
        values["userId"],
        values.get("name"),
        from_epoch_milliseconds(since),
        from_epoch_milliseconds(asked_at),
        values.get("invitation"),
        values.get("takesUse", False),
    )


def decision_from_item(item: Mapping[str, Any] | None) -> Decision | None:
    if item is None:
        return None
    values = deserialize(item)
    at = from_epoch_milliseconds(values["at"])
    return Decision(Verdict(values["verdict"]), at, values.get("invitation"))
