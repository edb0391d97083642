"""Usage as admins see it: grouped, page by page, with its price."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from chalicelib.core.model.connection import Session
from chalicelib.core.model.usage import MediaTime, SessionDay, Usage, day_of
from chalicelib.core.usage.prices import Prices, parse_prices
from chalicelib.core.usage.read_usage import GroupedBy, UsageReport
from chalicelib.errors import InvalidField, NotAnAdmin
from tests.fakes.service import ALICE, ROOT, Service
from tests.support.noon import NOON

TODAY = day_of(NOON) + timedelta(days=20)
MINUTE = 60_000


def use(service: Service, day: date, room: str, owner: str | None, minutes: int) -> None:
    session = Session(f"session of {room}", room, room, owner=owner)
    used = SessionDay(Usage(participant=2 * minutes * MINUTE, subscribed=minutes * MINUTE, peak=2))
    assert service.stores.usage.count(session, day, SessionDay(), used, service.deadline)


def report(
    service: Service,
    by: GroupedBy,
    days: tuple[date | None, date | None] = (None, None),
    *,
    after: str | None = None,
    limit: int = 100,
) -> UsageReport:
    return service.use_cases.read_usage().report(
        ROOT, days, by, service.deadline, after=after, limit=limit
    )


def subscribed(found: UsageReport) -> dict[str | None, int]:
    return {each.name: each.usage.subscribed // MINUTE for each in found.items}


@pytest.fixture
def used(service: Service) -> Service:
    service.clock.forward(days=20)
    use(service, TODAY, "standup", "alice", 1)
    use(service, TODAY, "retro", "alice", 2)
    use(service, TODAY - timedelta(days=3), "retro", "alice", 4)
    use(service, TODAY - timedelta(days=3), "lobby", None, 8)
    use(service, TODAY - timedelta(days=40), "standup", "bob", 16)
    return service


def test_this_month_is_shown_by_day_by_room_and_by_creator(used: Service) -> None:
    by_day = report(used, GroupedBy.DAY)
    assert subscribed(by_day) == {"2026-03-18": 12, "2026-03-21": 3}
    assert subscribed(report(used, GroupedBy.ROOM)) == {"standup": 1, "retro": 6, "lobby": 8}
    assert subscribed(report(used, GroupedBy.CREATOR)) == {"alice": 7, None: 8}
    assert (by_day.first, by_day.last) == (date(2026, 3, 1), TODAY)
    assert by_day.total == Usage(participant=30 * MINUTE, subscribed=15 * MINUTE, peak=2)


def test_other_days_are_shown_too(used: Service) -> None:
    since = TODAY - timedelta(days=60)
    assert subscribed(report(used, GroupedBy.CREATOR, (since, TODAY))) == {
        "alice": 7,
        "bob": 16,
        None: 8,
    }
    assert subscribed(report(used, GroupedBy.ROOM, (TODAY, None))) == {"standup": 1, "retro": 2}


@pytest.mark.parametrize("by", GroupedBy)
def test_pages_of_one_show_each_item_once_and_the_total_each_time(
    used: Service, by: GroupedBy
) -> None:
    whole, after, found = report(used, by), None, list[str | None]()
    while True:
        page = report(used, by, after=after, limit=1)
        found += (each.name for each in page.items)
        assert page.total == whole.total
        if not page.more:
            break
        after = page.items[-1].key
    assert found == [each.name for each in whole.items]


@pytest.mark.parametrize(
    ("days", "by"),
    [
        ((TODAY, TODAY - timedelta(days=1)), GroupedBy.DAY),
        ((TODAY - timedelta(days=366), TODAY), GroupedBy.DAY),
        ((TODAY.replace(day=1) - timedelta(days=1), TODAY), GroupedBy.ROOM),
    ],
)
def test_days_that_make_no_sense_are_refused(
    service: Service, days: tuple[date, date], by: GroupedBy
) -> None:
    with pytest.raises(InvalidField):
        report(service, by, days)


def test_only_admins_see_usage(service: Service) -> None:
    with pytest.raises(NotAnAdmin):
        service.use_cases.read_usage().report(
            ALICE, (None, None), GroupedBy.DAY, service.deadline, after=None, limit=1
        )


def test_a_month_costs_its_fee_and_what_goes_beyond_the_free_minutes() -> None:
    prices = Prices()
    assert prices.of_month(Usage()) == 0
    assert prices.of_month(Usage(participant=10**12, subscribed=2000 * MINUTE)) == prices.base_fee
    assert prices.of_month(Usage(subscribed=3000 * MINUTE)) == prices.base_fee + Decimal("4.1")
    used = SessionDay(
        Usage(sip=10 * MINUTE),
        {
            "a": MediaTime("composed", 10 * MINUTE),
            "b": MediaTime("individual", 10 * MINUTE),
            "c": MediaTime("broadcast", 10 * MINUTE),
        },
    ).usage
    assert prices.of(used) == Decimal("0.35") + Decimal("0.25") + Decimal(1) + Decimal("0.05")


def test_each_month_of_a_report_has_its_own_fee(used: Service) -> None:
    since = TODAY - timedelta(days=60)
    assert report(used, GroupedBy.DAY, (since, TODAY)).estimate == 2 * Prices().base_fee


def test_every_price_can_be_set() -> None:
    chosen = (
        "baseFee=0, freeMinutes=0,participantMinute=1,composedMinute=2,individualMinute=3,"
        "broadcastMinute=4,sipMinute=5,captionMinute=6,renderMinute=7"
    )
    prices = parse_prices(chosen)
    one = Usage(0, *[MINUTE] * 9)
    assert prices.of_month(one) == 1 + 2 + 3 + 4 + 5 + 6 + 7
    assert prices.unknown() == []
    assert Prices().unknown() == ["captionMinute", "renderMinute"]
    assert parse_prices("") == Prices()


@pytest.mark.parametrize(
    "text", ["minute=1", "baseFee", "baseFee=-1", "sipMinute=NaN", "baseFee=1e10"]
)
def test_a_price_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text.partition("=")[0]):
        parse_prices(text)
