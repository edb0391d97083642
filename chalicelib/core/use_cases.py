"""All that can be done here, as routes and schedules find it.

Most functions that start do so for a join. What that does not need is loaded and built when it is
first asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.core.change_room import ChangeRoom
from chalicelib.core.close_room import CloseRoom
from chalicelib.core.credentials import CallbackSignatures
from chalicelib.core.follow_sessions import FollowSessions
from chalicelib.core.join_room import JoinRoom
from chalicelib.core.moderate import BanUsers, Moderate
from chalicelib.core.open_room import OpenRoom
from chalicelib.core.ports import Identity, VideoPlatform
from chalicelib.core.read_presence import ReadPresence
from chalicelib.core.read_rooms import ReadRooms
from chalicelib.core.sample_rooms import SampleRooms

if TYPE_CHECKING:
    from chalicelib.core.broadcasts import Broadcasts
    from chalicelib.core.captions import LiveCaptions
    from chalicelib.core.clear_archives import ClearArchives
    from chalicelib.core.connected_audio import ConnectedAudio
    from chalicelib.core.follow_media import FollowMedia
    from chalicelib.core.heal import Heal
    from chalicelib.core.keep_hours import KeepHours
    from chalicelib.core.read_archives import ReadArchives
    from chalicelib.core.record_room import RecordRoom
    from chalicelib.core.renders import Renders
    from chalicelib.core.sample_archives import SampleArchives
    from chalicelib.core.sample_services import SampleBroadcasts, SampleCaptions


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleUseCases:
    """All that a sample app can have done once it is in a room."""

    archives: "SampleArchives"
    broadcasts: "SampleBroadcasts"
    captions: "SampleCaptions"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaUseCases:
    """What sessions are made into, and what comes into them from elsewhere."""

    record_room: "RecordRoom"
    read_archives: "ReadArchives"
    broadcasts: "Broadcasts"
    captions: "LiveCaptions"
    renders: "Renders"
    connected_audio: "ConnectedAudio"
    follow: "FollowMedia"
    samples: SampleUseCases


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledUseCases:
    """What is done with nobody asking."""

    keep_hours: "KeepHours"
    heal: "Heal"
    clear_archives: "ClearArchives"


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """All that a caller can have done, and who they are told apart by."""

    identity: Identity
    platform: VideoPlatform
    open_room: OpenRoom
    join_room: JoinRoom
    sample_rooms: SampleRooms
    read_rooms: ReadRooms
    read_presence: ReadPresence
    change_room: ChangeRoom
    close_room: CloseRoom
    moderate: Moderate
    ban_users: BanUsers
    signatures: CallbackSignatures
    follow_sessions: FollowSessions
    media: Callable[[], MediaUseCases]
    scheduled: Callable[[], ScheduledUseCases]
