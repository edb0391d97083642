"""Finding again what was started, where the answer that tells of it was lost."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.model.media_report import MediaReport

_CLOCKS_DIFFER: Final = timedelta(seconds=2)
"""By how much at most; and the platform tells whole seconds."""
_TELL_APART: Final = ("name", "multiArchiveTag", "multiBroadcastTag", "url")
"""What tells one from the others also where it was not asked for."""


@dataclass(frozen=True, slots=True)
class Since:
    """When something was asked for, and the ids of what was running by then."""

    asked_at: datetime
    running: Collection[str]


def find_lost_start(
    listed: Iterable[MediaReport], options: Mapping[str, object], since: Since
) -> MediaReport | None:
    """The one of those that the platform lists which was asked for then, with these options."""
    for report in listed:
        late = report.created_at >= since.asked_at - _CLOCKS_DIFFER
        is_new = late and report.id not in since.running
        if is_new and report.to_media("").is_running and _is_as(report, options):
            return report
    return None


def _is_as(report: MediaReport, options: Mapping[str, object]) -> bool:
    """Whether it is what these options make, as far as it tells."""
    told = report.content
    return all((told.get(name) or None) == options.get(name) for name in _TELL_APART) and all(
        told.get(name, value) == value for name, value in options.items()
    )
