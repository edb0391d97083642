"""Broadcasts: a room streamed live, by HLS and to RTMP servers."""

from typing import Final

from chalicelib.core.media.end_media import EndMedia
from chalicelib.core.media.media_access import MediaAccess
from chalicelib.core.media.refresh_media import RefreshMedia
from chalicelib.core.media.start_media import StartMedia
from chalicelib.core.media.track_media import MediaTracker
from chalicelib.core.model.media import STREAMS_NOT_MANUAL, Media, MediaCursor, MediaKind, MediaPage
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.media_platforms import BroadcastPlatform, Options
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import BroadcastNotRunning, StreamNotFound, StreamsNotManual

_AUTOMATIC: Final = "auto"


class Broadcasts:
    """Starts, shows and changes broadcasts; its methods raise as those of `MediaAccess` do."""

    def __init__(
        self,
        *,
        media: MediaAccess,
        platform: BroadcastPlatform,
        follow: MediaTracker,
        start_media: StartMedia,
        end_media: EndMedia,
        refresh: RefreshMedia,
    ) -> None:
        self._media = media
        self._platform = platform
        self._tracker = follow
        self._start_media = start_media
        self._end_media = end_media
        self._refresh = refresh

    def start(
        self, user: User, name: str, options: Options, deadline: Deadline
    ) -> tuple[Room, Media]:
        """Broadcast the room.

        Raises:
            AlreadyBroadcasting: There is a broadcast of this tag, or of none.
            NobodyConnected: There is nobody to broadcast.
            RoomkeyError: As `MediaAccess.recordable_room` and `StartMedia` say.
        """
        room = self._media.recordable_room(user, name, "broadcast it", deadline)

        def start(in_time: Deadline) -> MediaReport:
            return self._platform.start(room.session_id, options, in_time)

        return room, self._start_media.start(room, self._platform, options, start, deadline)

    def page(
        self, user: User, name: str, start: MediaCursor | None, limit: int, deadline: Deadline
    ) -> tuple[Room, MediaPage]:
        """The room, and some of its broadcasts, newest first."""
        room = self._media.moderated_room(user, name, "see its broadcasts", deadline)
        return room, self._media.page(room, MediaKind.BROADCAST, start, limit, deadline)

    def one(
        self, user: User, name: str, broadcast_id: str, deadline: Deadline
    ) -> tuple[Room, Media]:
        """A broadcast as it stands; while it is running OpenTok is asked."""
        room, broadcast = self._one(user, name, broadcast_id, deadline)
        if not broadcast.is_running:
            return room, broadcast
        return room, self._refresh(broadcast, deadline)

    def stop(
        self, user: User, name: str, broadcast_id: str, deadline: Deadline
    ) -> tuple[Room, Media]:
        """End a broadcast, also one that is only on record as ended: that may be wrong.

        Raises:
            BroadcastNotRunning: It has ended already.
        """
        room, broadcast = self._one(user, name, broadcast_id, deadline)
        if broadcast.is_running:
            return room, self._end_media(broadcast, deadline)
        report = self._platform.stop(broadcast.id, deadline)
        if report is None:
            raise _ended()
        return room, self._tracker.save(report, room.room_id, deadline)

    def set_layout(
        self, user: User, name: str, broadcast_id: str, layout: Options, deadline: Deadline
    ) -> tuple[Room, Media]:
        """Lay the streams out otherwise from now on.

        Raises:
            BroadcastNotRunning: It has ended.
        """
        room, broadcast = self._running(user, name, broadcast_id, deadline)
        if not self._platform.set_layout(broadcast.id, layout, deadline):
            self._tracker.mark_ended(broadcast, deadline)
            raise _ended()
        return room, broadcast

    def change_streams(
        self, user: User, name: str, broadcast_id: str, change: Options, deadline: Deadline
    ) -> None:
        """Take a stream in or leave it out.

        Raises:
            BroadcastNotRunning: It has ended.
            StreamsNotManual: It takes its streams by itself.
            StreamNotFound: There is no such stream in the room.
        """
        _, broadcast = self._running(user, name, broadcast_id, deadline)
        if broadcast.content.get("streamMode") == _AUTOMATIC:
            raise StreamsNotManual(STREAMS_NOT_MANUAL)
        if not self._platform.change_streams(broadcast.id, change, deadline):
            raise StreamNotFound("There is no such stream in this room.")

    def _one(
        self, user: User, name: str, broadcast_id: str, deadline: Deadline
    ) -> tuple[Room, Media]:
        return self._media.find(user, name, MediaKind.BROADCAST, broadcast_id, deadline)

    def _running(
        self, user: User, name: str, broadcast_id: str, deadline: Deadline
    ) -> tuple[Room, Media]:
        room, broadcast = self._one(user, name, broadcast_id, deadline)
        if not broadcast.is_running:
            raise _ended()
        return room, broadcast


def _ended() -> BroadcastNotRunning:
    return BroadcastNotRunning("This broadcast has ended; start another one.")
