"""The default of each setting, as the tables of `docs/deploying.md` say it."""

import re
from pathlib import Path
from typing import Final

PAGE: Final = Path("docs") / "deploying.md"
_CELL: Final = re.compile(r"((?:`[A-Z_]+`(?:, )?)+)[^|]*\| *([^| ][^|]*)")
"""A cell that begins with the names of settings, and the one after it."""
_LINK: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)|`")


def defaults(project: Path) -> dict[str, str]:
    """Return what each setting is where nobody sets it, in words, such as `100` or `none`.

    Args:
        project: The folder with the docs.
    """
    return {
        name: _LINK.sub(r"\1", default).strip()
        for row in re.findall(r"^\|.*", (project / PAGE).read_text(encoding="utf-8"), re.MULTILINE)
        for names, default in re.findall(rf"\| (?={_CELL.pattern})", row)
        for name in re.findall(r"\w+", names)
    }
