"""Finding again what was started, where the answer that tells of it was lost."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.media_reports import MediaReport

_CLOCKS_DIFFER: Final = timedelta(seconds=2)
"""By how much at most; and the platform tells whole seconds."""


def just_begun(
    listed: Iterable[MediaReport], options: Mapping[str, object], asked_at: datetime
) -> MediaReport | None:
    """The one of those that the platform lists which was asked for then, with these options."""
    for report in listed:
        since = report.created_at >= asked_at - _CLOCKS_DIFFER
        if since and report.of_room("").is_running and _is_as(report, options):
            return report
    return None


def _is_as(report: MediaReport, options: Mapping[str, object]) -> bool:
    """Whether it is what these options make, as far as it tells."""
    return all(report.content.get(name, value) == value for name, value in options.items())
