"""Captions: live text of what is spoken in a room."""

from chalicelib.core.media.media_access import MediaAccess
from chalicelib.core.media.media_control import MediaStopper
from chalicelib.core.media.start_media import StartMedia
from chalicelib.core.model.connection import Service
from chalicelib.core.model.media import FeatureRule, Media, MediaKind
from chalicelib.core.model.user import User
from chalicelib.core.ports.credentials import CallbackVerifier
from chalicelib.core.ports.media_platforms import MediaPlatform, Options, StartRequest
from chalicelib.core.sessions.service_connections import ServiceConnections
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import CaptionsNotRunning


class Captions:
    """Starts and stops captions; its methods raise as those of `MediaAccess` do."""

    def __init__(
        self,
        *,
        rule: FeatureRule,
        media: MediaAccess,
        platform: MediaPlatform,
        services: ServiceConnections,
        callbacks: CallbackVerifier,
        start_media: StartMedia,
        stopper: MediaStopper,
    ) -> None:
        self._rule = rule
        self._media = media
        self._platform = platform
        self._services = services
        self._callbacks = callbacks
        self._start_media = start_media
        self._stopper = stopper

    def start(
        self, user: User, name: str, options: Options, api_address: str | None, deadline: Deadline
    ) -> Media:
        """Caption the room from now on.

        Args:
            user: The caller.
            name: The room's name.
            options: OpenTok's own options.
            api_address: The URL of this API, to which OpenTok sends callbacks, if it is known.
            deadline: The time by which to answer.

        Raises:
            FeatureDisabled: The stage does not let the user caption.
            InvalidField: The captions would last too long.
            AlreadyCaptioning: The room has captions; `captionsId` names them if they are on record.
            NobodyConnected: Nobody is connected to the room.
            RoomkeyError: See `MediaAccess.room_with_media` and `StartMedia.start`.
        """
        self._rule.check(user)
        limited = self._rule.limit(options)
        room = self._media.room_with_media(user, name, "caption it", deadline)
        token = self._services.issue_token(room, Service.CAPTIONS, deadline)
        callback = self._callback_option(api_address, deadline)
        request = StartRequest(room.session_id, {**limited, **callback}, token)
        return self._start_media.start(room, self._platform, request, deadline)

    def stop(self, user: User, name: str, captions_id: str, deadline: Deadline) -> None:
        """Stop captions.

        Raises:
            CaptionsNotRunning: The captions have ended already.
        """
        _, captions = self._media.find(user, name, MediaKind.CAPTIONS, captions_id, deadline)
        if not captions.is_running:
            raise CaptionsNotRunning("These captions have ended.")
        self._stopper.stop(captions, deadline)

    def _callback_option(self, api_address: str | None, deadline: Deadline) -> Options:
        """Return the option that names the callback URL; only captions need it at each start."""
        path = self._callbacks.path(MediaKind.CAPTIONS, deadline)
        if api_address is None or path is None:
            return {}
        return {"statusCallbackUrl": f"{api_address}{path}"}
