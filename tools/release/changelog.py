"""`CHANGELOG.md`, read by machine. Its format is that of Keep a Changelog."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

HEADINGS: Final = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
"""The headings of a version's section, in their order."""
_SECTION: Final = re.compile(r"^## (.*)$", re.MULTILINE)
_HEADING: Final = re.compile(r"^### (.*)$", re.MULTILINE)
_TITLE: Final = re.compile(r"\[(\d+\.\d+\.\d+)\] - (unreleased|\d{4}-\d{2}-\d{2})")
_REFERENCES: Final = re.compile(r"^\[\d+\.\d+\.\d+\]: .*\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """The changes of one version.

    Args:
        version: The version, as in `0.1.0`.
        released: The day of its release. None while it is prepared.
        text: All that stands below the section's title.
    """

    version: str
    released: date | None
    text: str

    @property
    def number(self) -> tuple[int, ...]:
        """The version in a form that sorts as Semantic Versioning does."""
        return tuple(map(int, self.version.split(".")))

    @property
    def changes(self) -> dict[str, str]:
        """The text below each heading. What stands above the first one is below an empty one."""
        first, *rest = _HEADING.split(self.text)
        found = dict(zip(rest[::2], (each.strip() for each in rest[1::2]), strict=True))
        return {"": first.strip(), **found} if first.strip() else found


def read_sections(text: str) -> list[Section]:
    """Return the sections of a changelog, in their order.

    Raises:
        ValueError: A title is not `[VERSION] - DAY` or `[VERSION] - unreleased`.
    """
    _, *rest = _SECTION.split(text)
    sections = []
    for title, content in zip(rest[::2], rest[1::2], strict=True):
        parts = _TITLE.fullmatch(title)
        if parts is None:
            raise ValueError(
                f'The title "{title}" is neither "[1.2.3] - 2026-01-31" nor "[1.2.3] - unreleased".'
            )
        version, day = parts.groups()
        released = None if day == "unreleased" else date.fromisoformat(day)
        sections.append(Section(version, released, _REFERENCES.sub("", content).strip()))
    return sections
