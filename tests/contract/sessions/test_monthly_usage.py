"""`make usage`, on a table with usage in it."""

import io
from datetime import date
from pathlib import Path

import pytest

from chalicelib.core.model.connection import Session
from chalicelib.core.model.usage import SessionDay, Usage
from deploy.errors import DeployError
from deploy.usage import MonthlyUsage, month_of
from tests.support.servers.stand_ins import TABLE
from tests.support.stores.engines import Engine
from tests.support.stores.example_rooms import soon

MINUTE = 60_000


def test_a_month_is_printed_and_written_as_csv_with_every_room(
    engine: Engine, tmp_path: Path
) -> None:
    for number, name in enumerate(("standup", "retro"), 1):
        used = Usage(participant=number * 9000 * MINUTE, subscribed=number * 3000 * MINUTE, peak=2)
        session = Session(name, name, name, owner="alice")
        for day in (date(2026, 11, 1), date(2026, 11, 30)):
            counted = SessionDay(used)
            assert engine.stores.usage.count(session, day, SessionDay(), counted, soon())
    out, file = io.StringIO(), tmp_path / "usage.csv"
    report = MonthlyUsage(engine.client, TABLE, {"PRICES": "baseFee=1,freeMinutes=0"})
    report.report("2026-11", file, out)
    printed = out.getvalue()
    assert printed.startswith("2026-11: 2 rooms, estimate $74.80")
    assert "subscribed_minutes                18000.00" in printed
    assert printed.index("retro") < printed.index("standup")
    header, *rows = file.read_text().splitlines()
    assert header.startswith("room,participant_minutes,subscribed_minutes,connections,peak,")
    assert [row.split(",")[:3] for row in rows] == [
        ["retro", "36000.00", "12000.00"],
        ["standup", "18000.00", "6000.00"],
    ]
    empty = io.StringIO()
    MonthlyUsage(engine.client, TABLE, {}).report("2026-10", None, empty)
    assert empty.getvalue().startswith("2026-10: 0 rooms, estimate $0.00")


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "November"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(DeployError, match="month"):
        month_of(text)


def test_a_month_has_all_its_days() -> None:
    assert month_of("2028-02") == (date(2028, 2, 1), date(2028, 2, 29))
