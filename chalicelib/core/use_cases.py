from dataclasses import dataclass

from chalicelib.core.close_room import CloseRoom
from chalicelib.core.join_room import JoinRoom
from chalicelib.core.open_room import OpenRoom
from chalicelib.core.ports import Identity, VideoPlatform
from chalicelib.core.read_rooms import ReadRooms


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """All that a caller can have done, and who they are told apart by."""

    identity: Identity
    platform: VideoPlatform
    open_room: OpenRoom
    join_room: JoinRoom
    read_rooms: ReadRooms
    close_room: CloseRoom
