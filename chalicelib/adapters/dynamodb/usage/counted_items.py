"""The items that say what has been counted of a session on a day."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.table import Item, deserialize, serialize
from chalicelib.core.model.usage import MediaTime, SessionDay, Usage

_PREFIX: Final = "usage#"
_KEPT: Final = timedelta(days=7)
"""Longer than a day's sums may change."""


def counted_key(session_id: str, day: date) -> Item:
    return serialize({"pk": f"session#{session_id}", "sk": f"{_PREFIX}{day.isoformat()}"})


def counted_update(before: SessionDay, after: SessionDay, day: date) -> UpdateBuilder:
    """Replace what has been counted, unless another call has done so."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    write = UpdateBuilder().set(int((midnight + _KEPT).timestamp()), "expiresAt")
    for name, value in _values(after).items():
        write.set(value, name)
    if before == SessionDay():
        return write.only_if_absent("connected")
    for name, value in _values(before).items():
        write.only_if_equal(value, name)
    return write


def day_and_counted(item: Mapping[str, Any]) -> tuple[date, SessionDay]:
    values = deserialize(item)
    day = date.fromisoformat(values["sk"].removeprefix(_PREFIX))
    connected = Usage(**{name: int(value) for name, value in values["connected"].items()})
    media = {
        media_id: MediaTime(used, int(milliseconds))
        for media_id, (used, _, milliseconds) in (
            (media_id, text.partition(" ")) for media_id, text in values["media"].items()
        )
    }
    return day, SessionDay(connected, media)


def _values(counted: SessionDay) -> dict[str, object]:
    return {
        "connected": asdict(counted.connected),
        "media": {key: f"{each.used} {each.milliseconds}" for key, each in counted.media.items()},
    }
