"""schemathesis, made to do less for each case.

It has no settings for these. Neither changes what is called or checked, but for which of the rooms
that exist a case is about.
"""

from typing import Any

from schemathesis.config import ProjectConfig
from schemathesis.resources import repository

KEPT_OF_A_KIND = 20
"""It looks at all that it keeps for every case; 500 of what a room has are no better than 20."""


def quicken() -> None:
    repository.PER_CONTEXT_CAPACITY = KEPT_OF_A_KIND
    # It merges the same settings again for every value that it draws.
    merge: Any = ProjectConfig.generation_for
    merged: dict[tuple[str | None, str | None], Any] = {}

    def generation_for(config: Any, *, operation: Any = None, phase: str | None = None) -> Any:
        key = (operation and operation.label, phase)
        if key not in merged:
            merged[key] = merge(config, operation=operation, phase=phase)
        return merged[key]

    ProjectConfig.generation_for = generation_for  # type: ignore[assignment, method-assign]
