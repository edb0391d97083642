"""The rows of usage by creator and day.

Their keys begin with a hash of the creator's id. An id may have any character, so ids themselves
would not sort one creator's rows together. The row names the creator in `createdBy`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from chalicelib.adapters.dynamodb.table import Item, deserialize, serialize
from chalicelib.core.support.formats import short_hash

_CREATORS: Final = "creators"


def creator_key(creator: str | None, day: date, part: int) -> Item:
    """Return the key of a creator's row of a day and one part of the rooms."""
    place = f"{creator_hash(creator)}#{day:%d}#{part}"
    return serialize({"pk": f"usage#{day:%Y-%m}#{_CREATORS}", "sk": place})


def creator_hash(creator: str | None) -> str:
    """Return the text that the keys of a creator's rows begin with."""
    return short_hash(creator or "")


def key_of_creator(key: Item, creator: str) -> Item:
    """Return the key of another creator's row of the same day and part."""
    _, _, place = str(key["sk"]["S"]).partition("#")
    return {"pk": key["pk"], "sk": {"S": f"{creator_hash(creator)}#{place}"}}


def is_creator_row(pk: str) -> bool:
    """Return True if a partition of usage holds rows of creators."""
    return pk.endswith(f"#{_CREATORS}")


def day_of_row(pk: str, sk: str) -> date:
    """Return the day of a creator's row."""
    _, month, _ = pk.split("#")
    _, day, _ = sk.split("#")
    return date.fromisoformat(f"{month}-{day}")


def iter_creator_rows(
    rows: Iterable[Mapping[str, Any]],
) -> Iterator[tuple[str, date, dict[str, Any]]]:
    """Yield the hash of the creator, the day, and the values of each row."""
    for row in rows:
        values = deserialize(row)
        day = day_of_row(values["pk"], values["sk"])
        yield values["sk"].partition("#")[0], day, values


def creators_query(month: date, after: str | None) -> dict[str, Any]:
    """Build a query for the rows of creators in a month, after a creator's hash if given."""
    values: Mapping[str, str] = {":pk": f"usage#{month:%Y-%m}#{_CREATORS}"}
    condition = "pk = :pk"
    if after is not None:
        # In the order of bytes, `~` comes after every day.
        condition, values = f"{condition} AND sk > :after", {**values, ":after": f"{after}#~"}
    return {
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": serialize(values),
    }
