"""All use cases, for routes and scheduled functions.

Most cold starts serve a join. The use cases that a join does not need load on first use.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.core.ports.credentials import CallbackVerifier, IdentityProvider, Pseudonyms
from chalicelib.core.ports.video_platform import ClientLibrary, VideoPlatform
from chalicelib.core.rooms.ban_users import BanUsers
from chalicelib.core.rooms.change_room import ChangeRoom
from chalicelib.core.rooms.close_room import CloseRoom
from chalicelib.core.rooms.create_room import CreateRoom
from chalicelib.core.rooms.invitations.invite_guests import InviteGuests
from chalicelib.core.rooms.invitations.join_by_invitation import JoinByInvitation
from chalicelib.core.rooms.join_room import JoinRoom
from chalicelib.core.rooms.read_rooms import ReadRooms
from chalicelib.core.rooms.waiting.moderate_waiting import ModerateWaiting
from chalicelib.core.sessions.moderate import Moderate
from chalicelib.core.sessions.read_presence import ReadPresence
from chalicelib.core.sessions.track_sessions import SessionTracker

if TYPE_CHECKING:
    from chalicelib.core.attendance.read_attendance import ReadAttendance
    from chalicelib.core.media.broadcasts import Broadcasts
    from chalicelib.core.media.captions import Captions
    from chalicelib.core.media.delete_expired_archives import DeleteExpiredArchives
    from chalicelib.core.media.read_archives import ReadArchives
    from chalicelib.core.media.record_archives import RecordArchives
    from chalicelib.core.media.renders import Renders
    from chalicelib.core.media.telephony import Telephony
    from chalicelib.core.media.track_media import MediaTracker
    from chalicelib.core.rooms.enforce_closing_times import ClosingTimes
    from chalicelib.core.rooms.operation.read_overview import ReadOverview
    from chalicelib.core.rooms.read_rooms import ListRooms
    from chalicelib.core.rooms.user_data.erase_users import EraseUsers
    from chalicelib.core.rooms.user_data.show_user_data import ShowUserData
    from chalicelib.core.sessions.check_sessions import SessionChecks
    from chalicelib.core.sessions.reconcile_sessions import SessionReconciler
    from chalicelib.core.sessions.refill_pool import RefillPool
    from chalicelib.core.sessions.resolve_participants import ResolveParticipants
    from chalicelib.core.usage.read_usage import ReadUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaUseCases:
    """The use cases of recordings, broadcasts, captions, renders and telephony."""

    record_archives: "RecordArchives"
    read_archives: "ReadArchives"
    broadcasts: "Broadcasts"
    captions: "Captions"
    renders: "Renders"
    telephony: "Telephony"
    media_tracker: "MediaTracker"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDataUseCases:
    """The use cases of what is held of users."""

    show: "ShowUserData"
    erase: "EraseUsers"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledUseCases:
    """The use cases that run on a schedule."""

    enforce_closing_times: "ClosingTimes"
    reconcile_sessions: "SessionReconciler"
    check_sessions: "SessionChecks"
    delete_expired_archives: "DeleteExpiredArchives"
    erase_users: "EraseUsers"
    refill_session_pool: "RefillPool"


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """All use cases, with the ports that views call themselves.

    `log_pseudonyms` is None where log lines have user ids.
    """

    identity: IdentityProvider
    platform: VideoPlatform
    client_library: ClientLibrary
    callbacks: CallbackVerifier
    create_room: CreateRoom
    join_room: JoinRoom
    join_by_invitation: JoinByInvitation
    invite_guests: InviteGuests
    read_rooms: ReadRooms
    read_presence: ReadPresence
    change_room: ChangeRoom
    close_room: CloseRoom
    moderate: Moderate
    moderate_waiting: ModerateWaiting
    ban_users: BanUsers
    session_tracker: SessionTracker
    pseudonyms: Callable[[], Pseudonyms]
    log_pseudonyms: Callable[[], Pseudonyms] | None
    resolve_participants: Callable[[], "ResolveParticipants"]
    read_attendance: Callable[[], "ReadAttendance"]
    read_usage: Callable[[], "ReadUsage"]
    list_rooms: Callable[[], "ListRooms"]
    read_overview: Callable[[], "ReadOverview"]
    user_data: Callable[[], UserDataUseCases]
    media: Callable[[], MediaUseCases]
    scheduled: Callable[[], ScheduledUseCases]
