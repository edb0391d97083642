"""`make bench`: measures, prints the table, and writes it to `bench/results.md`."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from bench import cold, dollars, growth, live_rooms, machine, over_http, seats, usage, warm
from bench.own_process import in_own_process
from bench.report import markdown

RESULTS: Final = Path(__file__).with_name("results.md")

_Result = TypeVar("_Result")

_ABOUT: Final = """\
# What Roomkey costs

{machine}

Written by `make bench`. Medians, and in `quartiles` the middle half of what was seen; a ratio is
the median of the rounds' ratios, with its own quartiles. Within a section everything is measured
in turn, so that what else the machine does falls on all alike; compare within a run, not between
runs. `processor` is processor time of the process measured.

{table}

Cold starts are re-joins, with moto behind. Over HTTP the callers, the app, the stand-ins and
DynamoDB Local share the machine; "first joins" each make a room, "re-joins" come into one that
exists. In live rooms every caller is another user; a callback tells by turns that a connection has
come and that it is gone. The dollars are calculated from the calls counted here, at the prices in
[prices.json](prices.json), without free tiers; times are those of this machine and of engines on
it, so they lack the network's.
"""


def main() -> int:
    if sys.platform != "linux":
        print("make bench measures by what Linux tells of processes; run it there.")
        return 1
    started = time.monotonic()
    cold_section = _measured("cold starts (builds two packages)", cold.section)
    warm_section = _measured("warm joins", warm.section)
    http_section = _measured("joins over HTTP", over_http.section)
    live_section = _measured("live rooms over HTTP", live_rooms.section)
    seats_section = _measured("what seats cost", seats.section)
    growth_section = _measured("growth", growth.section)
    usages = _measured("what joins use", usage.measure)
    dollars_section = dollars.section(usages, cold_section.figures[cold.COLD_SECONDS])
    table = markdown(
        [
            cold_section,
            warm_section,
            http_section,
            live_section,
            seats_section,
            growth_section,
            dollars_section,
        ]
    )
    RESULTS.write_text(_ABOUT.format(machine=machine.description(), table=table), "utf-8")
    print(table)
    print(f"\nIn {time.monotonic() - started:.0f} s; written to bench/results.md.")
    return 0


def _measured(what: str, measure: Callable[[], _Result]) -> _Result:
    print(f"Measuring {what} ...", file=sys.stderr, flush=True)
    return in_own_process(measure)


if __name__ == "__main__":
    sys.exit(main())
