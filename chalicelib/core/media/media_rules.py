from datetime import datetime
from typing import Final

from chalicelib.core.model.room import MediaMode, Room, State
from chalicelib.errors import EncryptedRoom, NotRouted, RoomClosed

NOT_ROUTED: Final = "This room's media go from client to client; make a room with mediaMode routed."
STREAMS_NOT_MANUAL: Final = "It takes its streams by itself; start one with streamMode manual."


def check_can_be_processed(room: Room, now: datetime) -> None:
    """Refuse rooms whose media OpenTok cannot record, broadcast, caption or bridge.

    Raises:
        RoomClosed: Nobody can be in it.
        NotRouted: Media go from client to client.
        EncryptedRoom: OpenTok does not see what it passes on.
    """
    if room.state(now) is State.CLOSED:
        raise RoomClosed("This room is closed; nobody can be in it.")
    if room.settings.media_mode is MediaMode.RELAYED:
        raise NotRouted(NOT_ROUTED)
    if room.settings.e2ee:
        raise EncryptedRoom(
            "This room is end-to-end encrypted, so that nothing can be made of its media; "
            "make a room without e2ee."
        )
