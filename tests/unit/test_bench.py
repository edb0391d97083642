from datetime import date
from functools import partial

from bench import dollars
from bench.costs import Cost, Spread, interleaved
from bench.prices import price_list
from bench.report import Row, Section, markdown
from bench.usage import Usage


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
