"""Renders: web pages that OpenTok's Experience Composer publishes into a room."""

from chalicelib.core.media.end_media import EndMedia
from chalicelib.core.media.media_access import MediaAccess
from chalicelib.core.media.refresh_media import RefreshMedia
from chalicelib.core.media.start_media import StartMedia
from chalicelib.core.model.connection import Service
from chalicelib.core.model.media import Media, MediaCursor, MediaKind, MediaPage
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.media_platforms import Options, RenderPlatform, StartRequest
from chalicelib.core.sessions.service_connections import ServiceConnections
from chalicelib.core.support.deadline import Deadline


class Renders:
    """Starts, shows and stops renders; its methods raise as those of `MediaAccess` do."""

    def __init__(
        self,
        *,
        media: MediaAccess,
        platform: RenderPlatform,
        services: ServiceConnections,
        start_media: StartMedia,
        end_media: EndMedia,
        refresh: RefreshMedia,
    ) -> None:
        self._media = media
        self._platform = platform
        self._services = services
        self._start_media = start_media
        self._end_media = end_media
        self._refresh = refresh

    def start(
        self, user: User, name: str, options: Options, deadline: Deadline
    ) -> tuple[Room, Media]:
        """Publish a page into the room.

        Raises:
            NobodyConnected: OpenTok does not know the session yet.
            RoomkeyError: As `MediaAccess.recordable_room` and `StartMedia` say.
        """
        room = self._media.recordable_room(user, name, "render into it", deadline)
        token = self._services.issue_token(room, Service.RENDER, deadline)
        order = StartRequest(room.session_id, token, options)

        def start(in_time: Deadline) -> MediaReport:
            return self._platform.start(order, in_time)

        return room, self._start_media.start(room, self._platform, options, start, deadline)

    def page(
        self, user: User, name: str, start: MediaCursor | None, limit: int, deadline: Deadline
    ) -> tuple[Room, MediaPage]:
        """The room, and some of its renders, newest first."""
        room = self._media.moderated_room(user, name, "see its renders", deadline)
        return room, self._media.page(room, MediaKind.RENDER, start, limit, deadline)

    def one(self, user: User, name: str, render_id: str, deadline: Deadline) -> tuple[Room, Media]:
        """A render as it stands; while it is running OpenTok is asked."""
        room, render = self._media.find(user, name, MediaKind.RENDER, render_id, deadline)
        if not render.is_running:
            return room, render
        return room, self._refresh(render, deadline)

    def stop(self, user: User, name: str, render_id: str, deadline: Deadline) -> None:
        """End a render; OpenTok is asked to even where it has ended as far as is known."""
        _, render = self._media.find(user, name, MediaKind.RENDER, render_id, deadline)
        self._end_media(render, deadline)
