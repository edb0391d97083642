"""Renders: web pages that OpenTok's Experience Composer publishes into a room."""

from chalicelib.core.media.media_access import MediaAccess
from chalicelib.core.media.media_control import MediaControl
from chalicelib.core.media.start_media import StartMedia
from chalicelib.core.model.connection import Service
from chalicelib.core.model.media import FeatureRule, Media, MediaCursor, MediaKind, MediaPage
from chalicelib.core.model.media_hosts import MediaHosts
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.media_platforms import Options, ReadableMediaPlatform, StartRequest
from chalicelib.core.sessions.service_connections import ServiceConnections
from chalicelib.core.support.deadline import Deadline


class Renders:
    """Starts, shows and stops renders; its methods raise as those of `MediaAccess` do."""

    def __init__(
        self,
        *,
        rule: FeatureRule,
        hosts: MediaHosts,
        media: MediaAccess,
        platform: ReadableMediaPlatform,
        services: ServiceConnections,
        start_media: StartMedia,
        control: MediaControl,
    ) -> None:
        self._rule = rule
        self._hosts = hosts
        self._media = media
        self._platform = platform
        self._services = services
        self._start_media = start_media
        self._control = control

    def start(
        self, user: User, name: str, options: Options, deadline: Deadline
    ) -> tuple[Room, Media]:
        """Publish a web page into the room.

        Raises:
            FeatureDisabled: The stage does not let the user render.
            InvalidField: The page's host is not allowed, or the render would last too long.
            NobodyConnected: Nobody has ever connected to the session.
            RoomkeyError: See `MediaAccess.room_with_media` and `StartMedia.start`.
        """
        self._rule.check(user)
        limited = self._rule.limit(options)
        self._hosts.check("url", options["url"])
        room = self._media.room_with_media(user, name, "render into it", deadline)
        token = self._services.issue_token(room, Service.RENDER, deadline)
        request = StartRequest(room.session_id, limited, token)
        return room, self._start_media.start(room, self._platform, request, deadline)

    def page(
        self, user: User, name: str, start: MediaCursor | None, limit: int, deadline: Deadline
    ) -> tuple[Room, MediaPage]:
        """Return the room and some of its renders, newest first."""
        room = self._media.moderated_room(user, name, "see its renders", deadline)
        return room, self._media.page(room, MediaKind.RENDER, start, limit, deadline)

    def one(self, user: User, name: str, render_id: str, deadline: Deadline) -> tuple[Room, Media]:
        """Return the room and a render; while it is running, OpenTok is asked for its state."""
        room, render = self._media.find(user, name, MediaKind.RENDER, render_id, deadline)
        if not render.is_running:
            return room, render
        return room, self._control.refresh(render, deadline)

    def stop(self, user: User, name: str, render_id: str, deadline: Deadline) -> None:
        """Stop a render, even if it is recorded as ended, because the record may be wrong."""
        _, render = self._media.find(user, name, MediaKind.RENDER, render_id, deadline)
        self._control.stop(render, deadline)
