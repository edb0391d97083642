"""The command `make bench-quick`: counts and ratios that hold on any machine, in under a minute.

It measures without a network, a package or another program. The bounds are above what
`make bench` measures, because other load on a machine makes ratios worse.
"""

import sys
from collections.abc import Mapping
from functools import partial
from typing import Final

from bench import app_alone, warm
from bench.figures.report import markdown
from bench.own_process import in_own_process

MOST: Final[Mapping[str, float]] = {
    app_alone.CALLS_OF_AGAIN: 1,
    app_alone.CALLS_OF_FIRST: 2.125,
    app_alone.PROCESSOR_RATIO: 2.0,
    warm.WARM_RATIO: 1.4,
    warm.GET_ITEM_RATIO: 0.65,
}
"""The highest accepted value of each figure."""

_ROUNDS: Final = 400


def main() -> int:
    sections = [in_own_process(partial(each.section, _ROUNDS)) for each in (warm, app_alone)]
    print(markdown(sections))
    exceeded = too_high(
        {name: each for section in sections for name, each in section.figures.items()}
    )
    for line in exceeded:
        print(line)
    return 1 if exceeded else 0


def too_high(figures: Mapping[str, float]) -> list[str]:
    """Return a line for each figure that is above its bound."""
    return [
        f"{name}: {figures[name]:.2f} is more than {most}"
        for name, most in MOST.items()
        if figures[name] > most
    ]


if __name__ == "__main__":
    sys.exit(main())
