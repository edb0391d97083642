from dataclasses import dataclass

from chalicelib.core.broadcasts import Broadcasts
from chalicelib.core.captions import LiveCaptions
from chalicelib.core.change_room import ChangeRoom
from chalicelib.core.clear_archives import ClearArchives
from chalicelib.core.close_room import CloseRoom
from chalicelib.core.connected_audio import ConnectedAudio
from chalicelib.core.credentials import CallbackSignatures
from chalicelib.core.follow_media import FollowMedia
from chalicelib.core.follow_sessions import FollowSessions
from chalicelib.core.heal import Heal
from chalicelib.core.join_room import JoinRoom
from chalicelib.core.keep_hours import KeepHours
from chalicelib.core.moderate import BanUsers, Moderate
from chalicelib.core.open_room import OpenRoom
from chalicelib.core.ports import Identity, VideoPlatform
from chalicelib.core.read_archives import ReadArchives
from chalicelib.core.read_presence import ReadPresence
from chalicelib.core.read_rooms import ReadRooms
from chalicelib.core.record_room import RecordRoom
from chalicelib.core.renders import Renders


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """All that a caller can have done, and who they are told apart by."""

    identity: Identity
    platform: VideoPlatform
    open_room: OpenRoom
    join_room: JoinRoom
    read_rooms: ReadRooms
    read_presence: ReadPresence
    change_room: ChangeRoom
    close_room: CloseRoom
    moderate: Moderate
    ban_users: BanUsers
    record_room: RecordRoom
    read_archives: ReadArchives
    broadcasts: Broadcasts
    captions: LiveCaptions
    renders: Renders
    connected_audio: ConnectedAudio
    signatures: CallbackSignatures
    follow_sessions: FollowSessions
    follow_media: FollowMedia
    keep_hours: KeepHours
    heal: Heal
    clear_archives: ClearArchives
