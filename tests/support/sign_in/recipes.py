"""The recipes of `docs/sign-in.md`: the settings for each identity provider."""

import re
import tomllib
from functools import cache
from pathlib import Path

_PAGE = Path(__file__).parents[3] / "docs" / "sign-in.md"


@cache
def recipes() -> dict[str, dict[str, str]]:
    """Return the settings of each recipe on the page, by its heading."""
    part = _PAGE.read_text().partition("\n## Recipes\n")[2].partition("\n## ")[0]
    sections = re.split(r"^### ", part, flags=re.MULTILINE)[1:]
    blocks = {
        each.partition("\n")[0]: re.search(r"^```toml\n(.*?)^```", each, re.MULTILINE | re.DOTALL)
        for each in sections
    }
    return {heading: tomllib.loads(block[1]) for heading, block in blocks.items() if block}
