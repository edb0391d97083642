"""A comparison of what two versions answer."""

from typing import Any


def is_kept(before: Any, after: Any) -> bool:
    """Return True if an answer has all that it had, and maybe new fields."""
    match before, after:
        case dict(), dict():
            return all(name in after and is_kept(before[name], after[name]) for name in before)
        case list(), list():
            return len(before) == len(after) and all(map(is_kept, before, after))
        case _:
            return bool(before == after)
