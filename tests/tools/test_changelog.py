from datetime import date

import pytest

from tools.release.changelog import read_sections

PAGE = """\
# Changelog

Newest first.

## [0.10.0] - unreleased

### Added

- A room.

### Fixed

- A seat.

## [0.9.1] - 2026-01-31

Yanked.

### Security

- A lock.

[0.10.0]: docs/upgrading.md#0100
[0.9.1]: docs/upgrading.md#091
"""


def test_each_section_has_its_version_its_day_and_its_changes() -> None:
    newest, older = read_sections(PAGE)

    assert (newest.version, newest.released) == ("0.10.0", None)
    assert newest.changes == {"Added": "- A room.", "Fixed": "- A seat."}
    assert (older.version, older.released) == ("0.9.1", date(2026, 1, 31))
    assert older.changes == {"": "Yanked.", "Security": "- A lock."}


def test_versions_sort_by_number_and_not_by_letter() -> None:
    newest, older = read_sections(PAGE)

    assert newest.number > older.number


@pytest.mark.parametrize(
    "title", ["Unreleased", "0.1.0 - 2026-01-31", "[0.1.0]", "[0.1] - unreleased", "[0.1.0] - soon"]
)
def test_another_title_is_refused_and_named(title: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        read_sections(f"# Changelog\n\n## {title}\n")
