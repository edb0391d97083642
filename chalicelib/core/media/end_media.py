from chalicelib.core.media.track_media import MediaTracker
from chalicelib.core.model.media import Media
from chalicelib.core.ports.media_platforms import MediaPlatform
from chalicelib.core.support.deadline import Deadline


class EndMedia:
    """Ends one kind of media, with OpenTok and on record; fine if it has ended already."""

    def __init__(self, platform: MediaPlatform, follow: MediaTracker) -> None:
        self._platform = platform
        self._tracker = follow

    def __call__(self, media: Media, deadline: Deadline) -> Media:
        """How it stands afterwards."""
        report = self._platform.stop(media.id, deadline)
        if report is None:
            return self._tracker.mark_ended(media, deadline)
        return self._tracker.save(report, media.room_id, deadline)
