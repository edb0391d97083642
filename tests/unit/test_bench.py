import json
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree as ET

from bench.arrivals import Units
from bench.figures import dollars
from bench.figures.costs import Cost, Spread, interleaved
from bench.figures.prices import price_list
from bench.figures.record import CHART, chart, history, keep
from bench.figures.report import Row, Section, markdown
from bench.figures.usage import Usage
from bench.first_joins import ratio_rows
from bench.live_rooms import events
from bench.load import Load
from bench.over_http import join
from bench.quick import MOST, too_high
from bench.reconciliation import Simulation
from bench.seats import TAKEN, room_with_seats
from bench.warm import WARM_RATIO
from chalicelib.core.model.connection import Participant
from local.providers.provider import chosen_provider


def test_each_price_says_whose_it_is_and_from_when() -> None:
    listed = price_list()

    for name in listed.prices.__struct_fields__:
        price = getattr(listed.prices, name)
        assert price.usd > 0
        assert price.list.startswith("https://aws.amazon.com/")
        assert price.quoted_by.startswith("https://")
        assert date.fromisoformat(price.quoted_on) <= date.fromisoformat(listed.looked_up)


def test_a_round_makes_each_call_once_and_begins_with_another_one() -> None:
    made: list[str] = []

    def call(name: str) -> Cost:
        made.append(name)
        return Cost(1, 1)

    costs = interleaved(3, {name: partial(call, name) for name in "abc"})

    assert "".join(made) == "abcbcacab"
    assert {name: len(each) for name, each in costs.items()} == {"a": 3, "b": 3, "c": 3}


def test_a_spread_is_the_median_and_the_quartiles() -> None:
    assert Spread.of([5, 1, 4, 2, 3]) == Spread(2, 3, 4)


def test_a_load_tells_how_many_a_second_and_how_long_the_slow_ones_took() -> None:
    load = Load(8, lambda _: join("standup", "bearer"))
    load.per_second += [100, 200, 300]
    load.seconds += [number / 1000 for number in range(100)]

    row = load.row("joins")

    assert (row.median, row.quartiles) == ("200 /s", "150\u2013250 /s")
    assert row.remarks == "p50 50.0 ms, p99 99.0 ms"


def test_a_first_join_is_compared_with_a_re_join_beside_the_app_and_far_from_it() -> None:
    first, again = (Load(1, lambda _: join("standup", "bearer")) for _ in range(2))
    first.per_second += [100, 100]
    again.per_second += [200, 200]

    beside, far = ratio_rows(first, again)

    assert beside.median.startswith("2.00 ")
    assert far.median.startswith("1.11 ")  # 50 ms to 45 ms


def test_a_callers_callbacks_are_of_a_connection_that_comes_and_goes_and_then_of_another() -> None:
    provider = chosen_provider({})

    told = [json.loads(each.body) for each in islice(events(provider, "1_x", caller=7), 4)]

    assert [each["event"] for each in told] == ["connectionCreated", "connectionDestroyed"] * 2
    first, gone, second, _ = (each["connection"] for each in told)
    assert first["id"] == gone["id"] != second["id"]
    assert Participant.of(first["data"]).user_id == "user-7"


def test_a_simulated_minute_checks_every_live_session_and_those_with_a_limit_more_often() -> None:
    simulation = Simulation(40, 0.1)

    simulation.run(5)

    assert set(simulation.seen) == {f"session-{number}" for number in range(40)}
    assert simulation.oldest(limited=True) < 60 < simulation.oldest(limited=False) < 120


def test_simulated_rooms_of_one_user_delay_no_check_of_others() -> None:
    alone, beside = Simulation(20, 0.1), Simulation(20, 0.1, hostile=70)

    for each in (alone, beside):
        each.run(4)

    for limited in (False, True):
        assert beside.oldest(limited=limited) < alone.oldest(limited=limited) + 2


def test_as_many_seats_are_taken_as_a_join_is_to_be_charged_for() -> None:
    for taken in TAKEN:
        seats = room_with_seats(taken).seats
        assert len(seats.connections) == taken
        assert seats.is_live("alice")


def test_a_million_joins_cost_what_the_price_list_says() -> None:
    usage = Usage(0.0021, ("GetItem",), read_units=1, write_units=2, log_bytes=1 << 10)

    table = markdown([dollars.section({"joins": usage}, cold_seconds=0.3)])

    # 1769 MB for 3 ms begun, 0.20 for requests, a read and two writes, and 1/1024 GB per thousand.
    compute = 1769 / 1024 * 0.003 * 1_000_000 * 0.0000166667
    total = compute + 0.20 + 0.125 + 2 * 0.625 + 1_000_000 / 1024 / 1024 * 0.50
    assert f"${total:.2f}" in table
    assert "$3.50" in table


def test_the_table_has_a_line_per_row_under_its_section() -> None:
    lines = markdown(
        [Section("Cold", [Row(what="a", median="1 ms"), Row(what="bc", median="2 s")])]
    )

    assert [line.split("|")[1].strip() for line in lines.splitlines()][2:] == [
        "**Cold**",
        "a",
        "bc",
    ]
    assert len({len(line) for line in lines.splitlines()}) == 1


def test_a_partition_allows_as_many_arrivals_as_its_write_units_pay_for() -> None:
    # A join, and a transaction's write of the same item, which counts twice.
    assert Units(join=20, connection=44).most_per_second == 1000 / 60


def test_the_figures_of_a_run_are_kept_and_drawn_after_those_before(tmp_path: Path) -> None:
    for day, value in ((30, 1.5), (2, 1.25)):
        section = Section("Warm", [], {"a join, to <its> parts": value})
        keep([section], "2 processors", date(2026, 11 if day == 30 else 12, day), tmp_path)

    runs = history(tmp_path)

    assert [run.figures["a join, to <its> parts"] for run in runs] == [1.5, 1.25]
    drawn = ET.fromstring(chart(runs))  # noqa: S314  our own
    texts = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["a join, to <its> parts: 2026-11-30 to 2026-12-02", "1.25"]


def test_the_chart_in_the_docs_is_drawn_from_the_history() -> None:
    assert CHART.read_text() == chart(history())


def test_a_figure_above_its_bound_is_named() -> None:
    held = dict(MOST)

    assert too_high(held) == []
    assert too_high(held | {WARM_RATIO: 1.61}) == [f"{WARM_RATIO}: 1.61 is more than 1.4"]
