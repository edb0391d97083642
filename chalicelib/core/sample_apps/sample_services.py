"""Live captions and broadcasts of the rooms of sample apps."""

from collections.abc import Mapping
from typing import Final

from chalicelib.core.media.broadcasts import Broadcasts
from chalicelib.core.media.captions import Captions
from chalicelib.core.media.media_access import MediaAccess
from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.model.user import ANONYMOUS, Role
from chalicelib.core.ports.video_platform import ClientTokens
from chalicelib.core.sample_apps.sample_rooms import SampleRooms
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import (
    AlreadyBroadcasting,
    AlreadyCaptioning,
    BroadcastNotFound,
    CaptionsNotFound,
    RoleNotAllowed,
)

LONGEST_SECONDS: Final = 3600


class SampleBroadcasts:
    """The one broadcast that a sample room may have at a time; apps name it by the session.

    Args:
        rooms: The rooms of sample apps.
        media: What they are made into.
        broadcasts: `Broadcasts`, of those rooms.
    """

    def __init__(self, rooms: SampleRooms, media: MediaAccess, broadcasts: Broadcasts) -> None:
        self._rooms = rooms
        self._media = media
        self._broadcasts = broadcasts

    def start(self, session_id: str, hls: Mapping[str, bool], deadline: Deadline) -> Media:
        """Broadcast the room of this session by HLS, for an hour at most.

        While it is broadcast already, that broadcast: a host's page that was loaded anew has lost
        where it is seen.

        Raises:
            RoleNotAllowed: The stage does not let sample apps broadcast.
            RoomkeyError: As `Broadcasts.start` says.
        """
        self._rooms.check_recording()
        name = self._rooms.of_session(session_id, deadline)
        options = {"outputs": {"hls": hls}, "maxDuration": LONGEST_SECONDS}
        try:
            return self._broadcasts.start(ANONYMOUS, name, options, deadline)[1]
        except AlreadyBroadcasting:
            return self.standing(session_id, deadline)

    def stop(self, session_id: str, deadline: Deadline) -> Media:
        """Raises: BroadcastNotFound: The room of this session is not being broadcast."""
        name, broadcast_id = self._running(session_id, deadline)
        return self._broadcasts.stop(ANONYMOUS, name, broadcast_id, deadline)[1]

    def standing(self, session_id: str, deadline: Deadline) -> Media:
        """How it stands. Raises: BroadcastNotFound: As for `stop`."""
        name, broadcast_id = self._running(session_id, deadline)
        return self._broadcasts.one(ANONYMOUS, name, broadcast_id, deadline)[1]

    def _running(self, session_id: str, deadline: Deadline) -> tuple[str, str]:
        name = self._rooms.of_session(session_id, deadline)
        room = self._rooms.visible_room(ANONYMOUS, name, deadline)
        running = self._media.running(room, MediaKind.BROADCAST, deadline)
        if not running:
            raise BroadcastNotFound("This session is not being broadcast; start a broadcast first.")
        return name, max(running, key=lambda each: each.created_at).id


class SampleCaptions:
    """A sample room's captions, an hour at most; who asks for them while they run is told which.

    Args:
        rooms: The rooms of sample apps.
        captions: `Captions`, of those rooms.
        tokens: Tells what a client token allows.
    """

    def __init__(self, rooms: SampleRooms, captions: Captions, tokens: ClientTokens) -> None:
        self._rooms = rooms
        self._captions = captions
        self._tokens = tokens

    def start_with_token(
        self, session_id: str, token: str, api_address: str | None, deadline: Deadline
    ) -> str:
        """Caption a session, for somebody who holds a token that may publish in it; their id.

        Raises:
            RoomNotFound: It is no sample room's session.
            Unauthenticated: The token is not one of ours for this session, or has expired.
            RoleNotAllowed: It may only watch.
            RoomkeyError: As `Captions.start` says.
        """
        room = self._rooms.of_session(session_id, deadline)
        if self._tokens.role(token, session_id, deadline) is Role.SUBSCRIBER:
            raise RoleNotAllowed("This client token may only watch; captions need a publisher's.")
        return self._started(room, api_address, deadline)

    def start(self, room: str, api_address: str | None, deadline: Deadline) -> str:
        """Caption a room, for anybody, where the stage lets sample apps record; their id.

        Raises:
            RoleNotAllowed: It does not.
            RoomkeyError: As `Captions.start` says.
        """
        self._rooms.check_recording()
        return self._started(room, api_address, deadline)

    def stop(self, captions_id: str, deadline: Deadline, room: str | None = None) -> None:
        """End captions: of this room, or of whichever has them.

        Raises:
            CaptionsNotFound: No sample room has these captions.
            CaptionsNotRunning: They have ended already.
        """

        def stop(name: str) -> None:
            self._captions.stop(ANONYMOUS, name, captions_id, deadline)

        if room is not None:
            stop(room)
            return
        missing = f"No sample room has captions {captions_id}."
        self._rooms.in_whichever(stop, CaptionsNotFound, missing)

    def _started(self, room: str, api_address: str | None, deadline: Deadline) -> str:
        try:
            options = {"maxDuration": LONGEST_SECONDS}
            return self._captions.start(ANONYMOUS, room, options, api_address, deadline).id
        except AlreadyCaptioning as error:
            running = error.extensions.get("captionsId")
            if isinstance(running, str):
                return running
            raise
