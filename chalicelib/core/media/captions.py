from chalicelib.core.media.end_media import EndMedia
from chalicelib.core.media.media_access import MediaAccess
from chalicelib.core.media.start_media import StartMedia
from chalicelib.core.model.connection import Service
from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.credentials import CallbackVerifier
from chalicelib.core.ports.media_platforms import CaptionsPlatform, Options, StartRequest
from chalicelib.core.sessions.service_connections import ServiceConnections
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import AlreadyCaptioning, CaptionsNotRunning


class Captions:
    """Captions what is said in rooms; its methods raise as those of `MediaAccess` do."""

    def __init__(
        self,
        *,
        media: MediaAccess,
        platform: CaptionsPlatform,
        services: ServiceConnections,
        callbacks: CallbackVerifier,
        start_media: StartMedia,
        end_media: EndMedia,
    ) -> None:
        self._media = media
        self._platform = platform
        self._services = services
        self._callbacks = callbacks
        self._start_media = start_media
        self._end_media = end_media

    def start(
        self, user: User, name: str, options: Options, api_address: str | None, deadline: Deadline
    ) -> Media:
        """Caption the room from now on.

        Args:
            user: Who asks.
            name: The room's name.
            options: OpenTok's own.
            api_address: Where OpenTok may tell of them, if that is known.
            deadline: By when to answer.

        Raises:
            AlreadyCaptioning: It is being captioned; `captionsId` says by which, if that is known.
            NobodyConnected: There is nobody to be heard.
            RoomkeyError: As `MediaAccess.recordable_room` and `StartMedia` say.
        """
        room = self._media.recordable_room(user, name, "caption it", deadline)
        token = self._services.issue_token(room, Service.CAPTIONS, deadline)
        told_to = self._callback_option(api_address, deadline)
        order = StartRequest(room.session_id, token, {**options, **told_to})

        def start(in_time: Deadline) -> MediaReport:
            return self._platform.start(order, in_time)

        try:
            return self._start_media.start(room, self._platform, options, start, deadline)
        except AlreadyCaptioning as error:
            raise self._already(room, deadline) from error

    def stop(self, user: User, name: str, captions_id: str, deadline: Deadline) -> None:
        """Raises: CaptionsNotRunning: They have ended already."""
        _, captions = self._media.find(user, name, MediaKind.CAPTIONS, captions_id, deadline)
        if not captions.is_running:
            raise CaptionsNotRunning("These captions have ended.")
        self._end_media(captions, deadline)

    def _callback_option(self, api_address: str | None, deadline: Deadline) -> Options:
        """Where OpenTok is to tell of the captions: unlike of all else, that is asked per start."""
        path = self._callbacks.path(MediaKind.CAPTIONS, deadline)
        if api_address is None or path is None:
            return {}
        return {"statusCallbackUrl": f"{api_address}{path}"}

    def _already(self, room: Room, deadline: Deadline) -> AlreadyCaptioning:
        running = self._media.running(room, MediaKind.CAPTIONS, deadline)
        if not running:
            return AlreadyCaptioning(
                "This room has captions already, of which nothing is known here; they end a "
                "minute after everybody has left."
            )
        latest = max(running, key=lambda each: each.created_at)
        return AlreadyCaptioning(
            "This room has captions already; stop them first.",
            extensions={"captionsId": latest.id},
        )
