"""The command `make bench`: measure, print the table, and write it to `bench/results.md`."""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from bench import (
    app_alone,
    arrivals,
    checks,
    cold,
    first_joins,
    growth,
    live_rooms,
    machine,
    over_http,
    re_joins,
    reconciliation,
    seats,
    warm,
)
from bench.figures import dollars, usage
from bench.figures.record import CHART, chart, history, keep
from bench.figures.report import markdown
from bench.own_process import in_own_process

RESULTS: Final = Path(__file__).with_name("results.md")

_Result = TypeVar("_Result")

_ABOUT: Final = """\
# What Roomkey costs

{machine}

Written by `make bench`. The table shows medians. `quartiles` is the middle half of the values. A
ratio is the median of the rounds' ratios, with its quartiles. `processor` is the processor time
of the measured process. Within a section, each round measures all cases in turn, so that other
load on the machine affects all of them. Compare figures of one run, not of different runs.

{table}

A cold start is measured with a re-join and with moto as AWS. Over TLS, the package knows one
authority more than in production. Bundled Node is one minified file, made by esbuild as AWS
recommends; its runtime client is minimal, and it has no framework, validation or metrics. Its
compile cache was filled by one join before packaging. Over HTTP, the callers, the app, the
stand-ins and DynamoDB Local share the machine. Each "first join" creates a room. "Re-joins" enter
an existing room. With OpenTok at 300 ms, two apps share the stand-ins and the table, and one of
them has no pool of sessions. Elsewhere over HTTP there is no pool. In live rooms, each caller is
another user, and callbacks report connections and disconnections in turn. Reconciliation runs on
fakes and a virtual clock, on which calls take the time that is said, DynamoDB's 5 ms, and each
check 25 ms of its worker's processor. A check's cost is measured with an OpenTok that answers at
once, and two people in the room. The dollars are calculated from the calls counted here, with the
prices in [prices.json](figures/prices.json) and without free tiers. All times are from this
machine and its local stand-ins, so they do not include a network, except in the row that names
one.
"""


def main() -> int:
    if sys.platform != "linux":
        print("make bench needs Linux, because it reads process data from /proc.")
        return 1
    started = time.monotonic()
    cold_section = _measured("cold starts (this builds a package for each Python)", cold.section)
    warm_section = _measured("warm joins", warm.section)
    http_section = _measured("joins over HTTP", over_http.section)
    split_section = _measured("re-joins by process", re_joins.section)
    alone_section = _measured("first joins, the app alone", app_alone.section)
    first_section = _measured("first joins with a slow OpenTok", first_joins.section)
    live_section = _measured("live rooms over HTTP", live_rooms.section)
    seats_section = _measured("seats", seats.section)
    arrivals_section = _measured("arrivals", arrivals.section)
    growth_section = _measured("growth", growth.section)
    reconciliation_section = _measured("reconciliation, simulated", reconciliation.section)
    check_costs = _measured("checks of sessions", checks.measure)
    usages = _measured("usage of joins", usage.measure)
    dollars_section = dollars.section(usages, cold_section.figures[cold.COLD_SECONDS])
    sections = [
        cold_section,
        warm_section,
        http_section,
        split_section,
        alone_section,
        first_section,
        live_section,
        seats_section,
        arrivals_section,
        growth_section,
        reconciliation_section,
        checks.section(check_costs, reconciliation_section.figures[reconciliation.OF_1000]),
        dollars_section,
    ]
    table = markdown(sections)
    RESULTS.write_text(_ABOUT.format(machine=machine.description(), table=table), "utf-8")
    keep(sections, machine.name(), datetime.now(UTC).date())
    CHART.write_text(chart(history()), "utf-8")
    print(table)
    seconds = time.monotonic() - started
    print(f"\nWritten to bench/results.md, bench/history and docs/ after {seconds:.0f} s.")
    return 0


def _measured(what: str, measure: Callable[[], _Result]) -> _Result:
    print(f"Measuring {what} ...", file=sys.stderr, flush=True)
    return in_own_process(measure)


if __name__ == "__main__":
    sys.exit(main())
