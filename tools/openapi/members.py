from collections.abc import Mapping
from typing import Any


def stated(members: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object of the document without its empty members."""
    return {name: value for name, value in members.items() if value not in ("", [], {})}
