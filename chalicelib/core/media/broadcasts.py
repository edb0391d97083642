"""Broadcasts: a room streamed live, by HLS and to RTMP servers."""

from typing import Final

from chalicelib.core.media.media_access import MediaAccess
from chalicelib.core.media.media_control import MediaControl
from chalicelib.core.media.start_media import StartMedia
from chalicelib.core.media.track_media import MediaTracker
from chalicelib.core.model.media import FeatureRule, Media, MediaCursor, MediaKind, MediaPage
from chalicelib.core.model.media_hosts import MediaHosts
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.media_platforms import BroadcastPlatform, Options, StartRequest
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import BroadcastNotRunning, StreamNotFound, StreamsNotManual

_AUTOMATIC: Final = "auto"


class Broadcasts:
    """Starts, shows and changes broadcasts; its methods raise as those of `MediaAccess` do."""

    def __init__(
        self,
        *,
        rule: FeatureRule,
        hosts: MediaHosts,
        media: MediaAccess,
        platform: BroadcastPlatform,
        tracker: MediaTracker,
        start_media: StartMedia,
        control: MediaControl,
    ) -> None:
        self._rule = rule
        self._hosts = hosts
        self._media = media
        self._platform = platform
        self._tracker = tracker
        self._start_media = start_media
        self._control = control

    def start(
        self, user: User, name: str, options: Options, deadline: Deadline
    ) -> tuple[Room, Media]:
        """Broadcast the room.

        Raises:
            FeatureDisabled: The stage does not let the user broadcast.
            InvalidField: A server's host is not allowed, or the broadcast would last too long.
            NobodyConnected: Nobody is connected to the room.
            RoomkeyError: See `MediaAccess.room_with_media` and `StartMedia.start`.
        """
        self._rule.check(user)
        limited = self._rule.limit(options)
        for position, target in enumerate(options["outputs"].get("rtmp", ())):
            self._hosts.check(f"outputs.rtmp[{position}].serverUrl", target["serverUrl"])
        room = self._media.room_with_media(user, name, "broadcast it", deadline)
        request = StartRequest(room.session_id, limited)
        return room, self._start_media.start(room, self._platform, request, deadline)

    def page(
        self, user: User, name: str, start: MediaCursor | None, limit: int, deadline: Deadline
    ) -> tuple[Room, MediaPage]:
        """Return the room and some of its broadcasts, newest first."""
        room = self._media.moderated_room(user, name, "see its broadcasts", deadline)
        return room, self._media.page(room, MediaKind.BROADCAST, start, limit, deadline)

    def one(
        self, user: User, name: str, broadcast_id: str, deadline: Deadline
    ) -> tuple[Room, Media]:
        """Return the room and a broadcast; while it is running, OpenTok is asked for its state."""
        room, broadcast = self._one(user, name, broadcast_id, deadline)
        if not broadcast.is_running:
            return room, broadcast
        return room, self._control.refresh(broadcast, deadline)

    def stop(
        self, user: User, name: str, broadcast_id: str, deadline: Deadline
    ) -> tuple[Room, Media]:
        """Stop a broadcast, even if it is recorded as ended, because the record may be wrong.

        Raises:
            BroadcastNotRunning: OpenTok says that it has ended.
        """
        room, broadcast = self._one(user, name, broadcast_id, deadline)
        if broadcast.is_running:
            return room, self._control.stop(broadcast, deadline)
        report = self._platform.stop(broadcast.id, deadline)
        if report is None:
            raise _ended()
        return room, self._tracker.save(report, room.room_id, deadline)

    def set_layout(
        self, user: User, name: str, broadcast_id: str, layout: Options, deadline: Deadline
    ) -> tuple[Room, Media]:
        """Change the layout of a broadcast.

        Raises:
            BroadcastNotRunning: The broadcast has ended.
        """
        room, broadcast = self._running(user, name, broadcast_id, deadline)
        if not self._platform.set_layout(broadcast.id, layout, deadline):
            self._tracker.mark_ended(broadcast, deadline)
            raise _ended()
        return room, broadcast

    def change_streams(
        self, user: User, name: str, broadcast_id: str, change: Options, deadline: Deadline
    ) -> None:
        """Add or remove a stream of a broadcast whose `streamMode` is `manual`.

        Raises:
            BroadcastNotRunning: The broadcast has ended.
            StreamsNotManual: OpenTok chooses the streams of this broadcast.
            StreamNotFound: There is no such stream in the room.
        """
        _, broadcast = self._running(user, name, broadcast_id, deadline)
        if broadcast.content.get("streamMode") == _AUTOMATIC:
            raise StreamsNotManual
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
    return BroadcastNotRunning("This broadcast has ended. Start another one.")
