from collections.abc import Callable

from chalicelib.core.media.track_media import MediaTracker
from chalicelib.core.model.media import Media
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.support.deadline import Deadline


class RefreshMedia:
    """Asks OpenTok about one of its broadcasts or renders, and has on record how it stands.

    Args:
        one: How the one of an id stands; None if there is none.
        follow: Keeps the record.
    """

    def __init__(
        self, one: Callable[[str, Deadline], MediaReport | None], follow: MediaTracker
    ) -> None:
        self._one = one
        self._tracker = follow

    def __call__(self, media: Media, deadline: Deadline) -> Media:
        """How it stands. One that was taken for ended and runs is on record as running again."""
        report = self._one(media.id, deadline)
        if report is None:
            return self._tracker.mark_ended(media, deadline)
        wrong = None if media.is_running else media
        return self._tracker.save(report, media.room_id, deadline, replacing=wrong)
