from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from chalicelib.core.model.usage import Usage, day_of
from chalicelib.core.model.user import User
from chalicelib.core.ports.usage_store import UsageStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.usage.prices import Prices
from chalicelib.errors import FieldProblem, InvalidField, NotAnAdmin

MAX_DAYS: Final = 366


class GroupedBy(StrEnum):
    """The ways to group usage."""

    DAY = "day"
    ROOM = "room"
    CREATOR = "creator"


@dataclass(frozen=True, slots=True)
class UsageItem:
    """The usage of one day, room or creator.

    Args:
        name: The day in ISO 8601, the room's name in lower case, or the creator's id; None for
            rooms that nobody created.
        estimate: What it costs, without the month's fee and free minutes, in dollars.
        key: The text after which the next page starts, if this is the last item of a page.
    """

    name: str | None
    usage: Usage
    estimate: Decimal
    key: str


@dataclass(frozen=True, slots=True)
class UsageReport:
    """The usage of some days.

    Args:
        items: A page of it, by day, room or creator.
        more: True if there are further items.
        total: The usage of all days, on all pages.
        estimate: What it costs, with each month's fee and free minutes, in dollars.
    """

    first: date
    last: date
    items: Sequence[UsageItem]
    more: bool
    total: Usage
    estimate: Decimal


class ReadUsage:
    """Shows admins what was used, and an estimate of what it costs.

    Args:
        store: The sums.
        prices: The prices.
        clock: Returns the current time.
    """

    def __init__(self, store: UsageStore, prices: Prices, clock: Clock) -> None:
        self._store = store
        self.prices = prices
        self._clock = clock

    def report(
        self,
        user: User,
        days: tuple[date | None, date | None],
        by: GroupedBy,
        deadline: Deadline,
        *,
        after: str | None,
        limit: int,
    ) -> UsageReport:
        """Return the usage of some days.

        Args:
            user: The caller.
            days: The first and the last day; by default, this month until today.
            by: The way to group it.
            deadline: The time by which the request must be answered.
            after: The key of the item after which the page starts.
            limit: The highest number of items.

        Raises:
            NotAnAdmin: The user is no admin.
            InvalidField: The days are in the wrong order, or too many.
        """
        if not user.admin:
            raise NotAnAdmin("Only an admin may see usage.")
        first, last = self._days(*days, by)
        by_day: dict[date, Usage] = defaultdict(Usage)
        months: dict[tuple[int, int], Usage] = defaultdict(Usage)
        for each in self._store.iter_days(first, last, deadline):
            by_day[each.day] += each.usage
            months[each.day.year, each.day.month] += each.usage
        if by is GroupedBy.DAY:
            items, more = self._by_day(by_day, after, limit)
        elif by is GroupedBy.ROOM:
            rooms, more = self._store.rooms(first, last, after, limit, deadline)
            items = [self._item(each.room, each.room, each.usage) for each in rooms]
        else:
            creators, more = self._store.creators(first, last, after, limit, deadline)
            items = [self._item(each.key, each.creator, each.usage) for each in creators]
        return UsageReport(
            first=first,
            last=last,
            items=items,
            more=more,
            total=sum(months.values(), Usage()),
            estimate=sum((self.prices.of_month(each) for each in months.values()), Decimal(0)),
        )

    def _days(self, first: date | None, last: date | None, by: GroupedBy) -> tuple[date, date]:
        until = last or day_of(self._clock())
        since = first or until.replace(day=1)
        if since > until:
            raise InvalidField(FieldProblem("from", "must not be after `to`"))
        if (until - since).days >= MAX_DAYS:
            raise InvalidField(FieldProblem("from", f"must be less than {MAX_DAYS} days before"))
        if by is GroupedBy.ROOM and (since.year, since.month) != (until.year, until.month):
            raise InvalidField(FieldProblem("to", "must be in the month of `from`, by room"))
        return since, until

    def _by_day(
        self, days: Mapping[date, Usage], after: str | None, limit: int
    ) -> tuple[list[UsageItem], bool]:
        by_text = {day.isoformat(): usage for day, usage in days.items()}
        left = [day for day in sorted(by_text) if after is None or day > after]
        return [self._item(day, day, by_text[day]) for day in left[:limit]], len(left) > limit

    def _item(self, key: str, name: str | None, usage: Usage) -> UsageItem:
        return UsageItem(name, usage, self.prices.of(usage), key)
