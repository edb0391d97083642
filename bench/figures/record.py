"""The figures of each run of `make bench`, kept as JSON, and a chart of them for the docs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import Final

import msgspec

from bench.figures.report import Section

HISTORY: Final = Path(__file__).parents[1] / "history"
CHART: Final = Path(__file__).parents[2] / "docs" / "performance.svg"

_WIDTH: Final = 720
_PANEL: Final = 84
"""The height of a figure's part of the chart."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 16, 96, 34, 14


class Run(msgspec.Struct, frozen=True):
    """A run of `make bench`.

    Args:
        day: The day of the run, in UTC.
        machine: The machine. Times of different machines are not to be compared.
        figures: The value of each figure by its name.
    """

    day: date
    machine: str
    figures: dict[str, float]


def keep(sections: Iterable[Section], machine: str, day: date, folder: Path = HISTORY) -> None:
    """Write the figures of a run to the history. A later run of a day takes its place."""
    figures = {
        name: round(each, 4) for section in sections for name, each in section.figures.items()
    }
    run = msgspec.json.encode(Run(day, machine, figures))
    path = folder / f"{day.isoformat()}.json"
    path.write_bytes(msgspec.json.format(run, indent=2) + b"\n")


def history(folder: Path = HISTORY) -> list[Run]:
    """Return all runs that were kept, the oldest first."""
    return [
        msgspec.json.decode(path.read_bytes(), type=Run) for path in sorted(folder.glob("*.json"))
    ]


def chart(runs: Sequence[Run]) -> str:
    """Draw the runs as SVG: a line for each figure, from 0 to its highest value."""
    names = list(dict.fromkeys(name for run in reversed(runs) for name in run.figures))
    panels = [
        _panel(name, {run.day: run.figures[name] for run in runs if name in run.figures}, place)
        for place, name in enumerate(names)
    ]
    height = _PANEL * len(names)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
            "<style>text { font: 12px sans-serif }</style>",
            "<title>Figures of each run of make bench</title>",
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
            *panels,
            "</svg>\n",
        ]
    )


def _panel(name: str, values: Mapping[date, float], place: int) -> str:
    top, most = _PANEL * place, max(values.values())
    wide, high = _WIDTH - _LEFT - _RIGHT, _PANEL - _TOP - _BOTTOM
    step = wide / max(1, len(values) - 1)
    points = [
        (round(_LEFT + number * step, 1), round(top + _TOP + high * (1 - value / most), 1))
        for number, value in enumerate(values.values())
    ]
    last, (x, y) = list(values.values())[-1], points[-1]
    line = " ".join(f"{x},{y}" for x, y in points)
    days = f"{min(values)} to {max(values)}" if len(values) > 1 else f"{max(values)}"
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="3" fill="#0b6e4f"/>' for x, y in points)
    return (
        f'<text x="{_LEFT}" y="{top + 20}" fill="#222222">{escape(name)}: {days}</text>'
        f'<polyline points="{line}" fill="none" stroke="#0b6e4f" stroke-width="2"/>{dots}'
        f'<text x="{x + 10}" y="{y + 4}" fill="#222222">{last:.3g}</text>'
    )
