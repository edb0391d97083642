from collections.abc import Mapping
from typing import Any


def stated(members: Mapping[str, Any]) -> dict[str, Any]:
    """An object of the document without the members that say nothing."""
    return {name: value for name, value in members.items() if value not in ("", [], {})}
