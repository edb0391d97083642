"""Stopping and reading media at OpenTok, with the record kept up to date."""

from chalicelib.core.media.track_media import MediaTracker
from chalicelib.core.model.media import Media
from chalicelib.core.ports.media_platforms import MediaPlatform, ReadableMediaPlatform
from chalicelib.core.support.deadline import Deadline


class MediaStopper:
    """Stops one kind of media, at OpenTok and on record."""

    def __init__(self, platform: MediaPlatform, tracker: MediaTracker) -> None:
        self._platform = platform
        self._tracker = tracker

    def stop(self, media: Media, deadline: Deadline) -> Media:
        """Stop it, or find that it has ended already, and return its new state."""
        report = self._platform.stop(media.id, deadline)
        if report is None:
            return self._tracker.mark_ended(media, deadline)
        return self._tracker.save(report, media.room_id, deadline)


class MediaControl(MediaStopper):
    """Stops broadcasts or renders at OpenTok and reads their current state."""

    def __init__(self, platform: ReadableMediaPlatform, tracker: MediaTracker) -> None:
        super().__init__(platform, tracker)
        self._readable = platform

    def refresh(self, media: Media, deadline: Deadline) -> Media:
        """Ask OpenTok about it and save the answer; a missing item is recorded as ended.

        A record that says ended is corrected if OpenTok says that the item is running.
        """
        report = self._readable.one(media.id, deadline)
        if report is None:
            return self._tracker.mark_ended(media, deadline)
        wrong = None if media.is_running else media
        return self._tracker.save(report, media.room_id, deadline, replacing=wrong)

    def confirm_missing(self, media: Media, deadline: Deadline) -> None:
        """Ask OpenTok about an item that its list did not contain, and save the answer."""
        self.refresh(media, deadline)
