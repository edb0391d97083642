"""The sections of the report and their table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields

from bench.figures.costs import Cost, Spread, processors, walls


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the table: a case, its figures and remarks."""

    what: str
    median: str
    quartiles: str = ""
    processor: str = ""
    remarks: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A group of rows, with figures for other sections."""

    title: str
    rows: Sequence[Row]
    figures: dict[str, float] = field(default_factory=dict)


def cost_row(what: str, costs: Sequence[Cost], remarks: str = "") -> Row:
    """Build a row from measured costs."""
    wall, processor = Spread.of(walls(costs)), Spread.of(processors(costs))
    return Row(
        what=what,
        median=milliseconds(wall.median),
        quartiles=f"{milliseconds(wall.low, unit='')}–{milliseconds(wall.high)}",
        processor=milliseconds(processor.median),
        remarks=remarks,
    )


def milliseconds(seconds: float, unit: str = " ms") -> str:
    """Format seconds as milliseconds with three digits."""
    value = seconds * 1000
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2  # noqa: PLR2004 - powers of ten
    return f"{value:.{decimals}f}{unit}"


def times(ratio: Spread) -> str:
    """Format a ratio and its quartiles, for example `1.42 (1.35–1.50)`."""
    return f"{ratio.median:.2f} ({ratio.low:.2f}–{ratio.high:.2f})"


def markdown(sections: Iterable[Section]) -> str:
    """Build one table of all sections, with aligned columns."""
    lines = [[each.name for each in fields(Row)], [""] * len(fields(Row))]
    for section in sections:
        lines.append([f"**{section.title}**", *[""] * (len(fields(Row)) - 1)])
        lines += [[getattr(row, each.name) for each in fields(Row)] for row in section.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines[1] = ["-" * width for width in widths]
    padded = (
        [cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines
    )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in padded)
