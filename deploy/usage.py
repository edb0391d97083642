"""`make usage`: what a month used at OpenTok, read with AWS credentials alone."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from chalicelib.adapters.dynamodb.usage.sums import DynamoDBUsage
from chalicelib.core.model.usage import Usage
from chalicelib.core.ports.usage_store import RoomUsage
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.usage.prices import Prices, parse_prices
from deploy.errors import DeployError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SECONDS: Final = 300.0
_MINUTE: Final = Decimal(60_000)
_COUNTS: Final = ("connections", "peak")
_SHOWN: Final = 20
"""The number of rooms that are shown; a CSV file has them all."""


def month_of(text: str) -> tuple[date, date]:
    """Return the first and the last day of a month such as 2026-11.

    Raises:
        DeployError: The text is no month.
    """
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise DeployError(f"{text!r} is no month.", "Give MONTH=2026-11, for example.") from None
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


class MonthlyUsage:
    """The usage of a stage in a month.

    Args:
        client: A client for DynamoDB, which takes answers of 1 MB.
        table: The stage's table.
        environment: The stage's settings, of which `PRICES` counts.
    """

    def __init__(
        self, client: "DynamoDBClient", table: str, environment: Mapping[str, str]
    ) -> None:
        self._store = DynamoDBUsage(client, table)
        try:
            self._prices = parse_prices(environment.get("PRICES", ""))
        except ValueError as error:
            raise DeployError(
                f"PRICES has {error}.", "`make settings STAGE=…` shows where it comes from."
            ) from error

    def report(self, month: str, csv_file: Path | None, out: TextIO) -> None:
        """Print the month, and write all of its rooms as CSV, if a file is given."""
        rooms = [*self._store.iter_rooms(*month_of(month), Deadline(_SECONDS))]
        total = sum((each.usage for each in rooms), Usage())
        rooms.sort(key=lambda each: self._prices.of(each.usage), reverse=True)
        for line in self._lines(month, total, rooms):
            print(line, file=out)
        if csv_file is not None:
            with csv_file.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(_table(rooms, self._prices.of))
            print(f"{csv_file}: {len(rooms)} rooms", file=out)

    def _lines(self, month: str, total: Usage, rooms: list[RoomUsage]) -> Iterator[str]:
        yield f"{month}: {len(rooms)} rooms, estimate ${self._prices.of_month(total):.2f}"
        for name, value in _columns(total):
            yield f"  {name:<28}{value:>14}"
        yield from (
            f"  {each.room:<40}{_minutes(each.usage.subscribed):>12} subscribed minutes"
            f"{self._prices.of(each.usage):>12.2f} USD"
            for each in rooms[:_SHOWN]
        )
        if unknown := self._prices.unknown():
            yield f"Without a price, and so not in the estimate: {', '.join(unknown)}"
        if self._prices == Prices():
            yield "At list prices. PRICES in .chalice/config.json sets your own."


def _table(rooms: Iterable[RoomUsage], price: Callable[[Usage], Decimal]) -> Iterator[list[str]]:
    yield ["room", *(name for name, _ in _columns(Usage())), "estimate_usd"]
    for each in rooms:
        values = (value for _, value in _columns(each.usage))
        yield [each.room, *values, f"{price(each.usage):.4f}"]


def _columns(usage: Usage) -> Iterator[tuple[str, str]]:
    """Yield the name and value of each sum: counts as they are, and times in minutes."""
    for each in fields(Usage):
        value: int = getattr(usage, each.name)
        if each.name in _COUNTS:
            yield each.name, str(value)
        else:
            yield f"{each.name}_minutes", _minutes(value)


def _minutes(milliseconds: int) -> str:
    return f"{milliseconds / _MINUTE:.2f}"
