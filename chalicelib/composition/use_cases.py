"""The use cases on given ports, without I/O, SDKs or adapters."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.composition.policy import Policy
from chalicelib.composition.ports import Ports
from chalicelib.core.model.media import Feature
from chalicelib.core.rooms.admit_user import AdmitUser
from chalicelib.core.rooms.ban_users import BanUsers
from chalicelib.core.rooms.change_room import ChangeRoom
from chalicelib.core.rooms.close_room import CloseRoom
from chalicelib.core.rooms.create_room import CreateRoom
from chalicelib.core.rooms.held_seats import HeldSeats
from chalicelib.core.rooms.invitations.end_invitations import EndInvitations
from chalicelib.core.rooms.invitations.invite_guests import InviteGuests
from chalicelib.core.rooms.invitations.join_by_invitation import JoinByInvitation
from chalicelib.core.rooms.join_room import JoinRoom, TokenQuota
from chalicelib.core.rooms.quotas import InvitationQuota, RoomQuota
from chalicelib.core.rooms.read_rooms import ListRooms, ReadRooms
from chalicelib.core.rooms.waiting.moderate_waiting import ModerateWaiting
from chalicelib.core.rooms.waiting.signals import WaitingSignals
from chalicelib.core.rooms.waiting.waiting_room import WaitingRoom
from chalicelib.core.sessions.connection_rules import ConnectionRules
from chalicelib.core.sessions.moderate import Moderate
from chalicelib.core.sessions.new_sessions import NewSessions
from chalicelib.core.sessions.read_presence import ReadPresence
from chalicelib.core.sessions.reconcile_seats import SeatReconciler
from chalicelib.core.sessions.track_sessions import SessionTracker
from chalicelib.core.support.formats import Clock
from chalicelib.core.use_cases import ScheduledUseCases, UseCases, UserDataUseCases

if TYPE_CHECKING:
    from chalicelib.composition.media import MediaServices
    from chalicelib.core.attendance.read_attendance import ReadAttendance
    from chalicelib.core.rooms.operation.read_overview import ReadOverview
    from chalicelib.core.sessions.resolve_participants import ResolveParticipants
    from chalicelib.core.usage.read_usage import ReadUsage


def wire(
    ports: Ports,
    policy: Policy,
    clock: Clock,
    new_id: Callable[[], str],
    new_code: Callable[[], str],
) -> UseCases:
    """Return all use cases. Media and scheduled use cases are built on first use.

    Args:
        ports: An adapter for each port.
        policy: The operator's choices.
        clock: Returns the current time.
        new_id: Returns a new id of a room.
        new_code: Returns the secret code of a new invitation.
    """
    read_rooms = ReadRooms(ports.rooms, clock)
    recording = policy.features[Feature.RECORDING]
    quotas = policy.quotas
    room_quota = RoomQuota(quotas, ports.rooms, ports.quotas, clock)
    create_room = CreateRoom(
        store=ports.rooms,
        sessions=NewSessions(ports.pool, ports.video, policy.pool),
        policy=policy.creation,
        quota=room_quota,
        recording=recording,
        clock=clock,
        new_id=new_id,
    )
    rules = ConnectionRules(ports.sessions, ports.invitations, ports.waiting, clock)
    tracker = SessionTracker(ports.rooms, ports.sessions, ports.connections, clock, rules=rules)
    signals = WaitingSignals(ports.waiting, ports.sessions, ports.connections, clock)
    waiting_room = WaitingRoom(ports.waiting, signals, clock)
    end_invitations = EndInvitations(
        store=ports.invitations,
        sessions=ports.sessions,
        waiting=ports.waiting,
        seats=ports.seats,
        platform=ports.connections,
        signals=signals,
        clock=clock,
    )
    seats = SeatReconciler(ports.rooms, ports.sessions, tracker, clock)
    pseudonyms = ports.pseudonyms

    def build_media() -> "MediaServices":
        from chalicelib.composition.media import wire_media

        return wire_media(
            ports,
            read_rooms,
            tracker,
            clock,
            features=policy.features,
            hosts=policy.media_hosts,
        )

    media = cache(build_media)

    def build_attendance() -> "ReadAttendance":
        from chalicelib.core.attendance.read_attendance import ReadAttendance

        return ReadAttendance(ports.rooms, read_rooms, ports.attendance(), clock, policy.attendance)

    def build_usage() -> "ReadUsage":
        from chalicelib.core.usage.read_usage import ReadUsage

        return ReadUsage(ports.usage(), policy.prices, clock)

    def build_participants() -> "ResolveParticipants":
        from chalicelib.core.sessions.resolve_participants import ResolveParticipants

        return ResolveParticipants(read_rooms, ports.sessions, pseudonyms())

    def build_overview() -> "ReadOverview":
        from chalicelib.composition.operation import wire_overview

        return wire_overview(ports, clock)

    def build_user_data() -> UserDataUseCases:
        from chalicelib.composition.user_data import wire_user_data

        return wire_user_data(ports, clock, new_id)

    user_data = cache(build_user_data)

    def build_scheduled() -> ScheduledUseCases:
        from chalicelib.composition.scheduled import wire_scheduled

        erase = user_data().erase
        return wire_scheduled(
            ports, policy, clock, media=media(), erase=erase, rules=rules, tracker=tracker
        )

    join_room = JoinRoom(
        create_room,
        AdmitUser(
            ports.seats,
            ports.sessions,
            HeldSeats(quotas.held_seats, ports.rooms, ports.quotas),
            quotas,
            clock,
            waiting_room=waiting_room,
        ),
        TokenQuota(quotas.tokens_per_minute, ports.quotas, clock),
        ports.video,
        clock,
        waiting_room=waiting_room,
        default_room=policy.creation.default_room,
        longest_lifetime=policy.longest_token,
        pseudonyms=pseudonyms if policy.strict_privacy else None,
    )
    return UseCases(
        identity=ports.identity,
        platform=ports.video,
        client_library=ports.client_library,
        callbacks=ports.callbacks,
        create_room=create_room,
        join_room=join_room,
        join_by_invitation=JoinByInvitation(
            store=ports.invitations,
            rooms=ports.rooms,
            seats=ports.seats,
            join_room=join_room,
            waiting_room=waiting_room,
            rule=policy.invitations,
            clock=clock,
        ),
        invite_guests=InviteGuests(
            store=ports.invitations,
            rooms=read_rooms,
            end_invitations=end_invitations,
            rule=policy.invitations,
            quota=InvitationQuota(quotas.invitations_per_hour, ports.quotas, clock),
            clock=clock,
            new_code=new_code,
        ),
        read_rooms=read_rooms,
        read_presence=ReadPresence(read_rooms, ports.sessions, clock),
        change_room=ChangeRoom(
            store=ports.rooms,
            sessions=ports.sessions,
            platform=ports.video,
            rooms=read_rooms,
            seats=seats,
            quota=room_quota,
            recording=recording,
            clock=clock,
        ),
        close_room=CloseRoom(
            ports.rooms,
            read_rooms,
            ports.connections,
            lambda room, deadline: media().stop.stop_all(room, deadline),  # noqa: PLW0108  built on use
            clock,
        ),
        moderate=Moderate(read_rooms, ports.sessions, ports.waiting, ports.connections, clock),
        moderate_waiting=ModerateWaiting(
            rooms=read_rooms,
            seats=ports.seats,
            store=ports.waiting,
            invitations=ports.invitations,
            signals=signals,
            quotas=quotas,
            clock=clock,
        ),
        ban_users=BanUsers(
            store=ports.rooms,
            seats=ports.seats,
            sessions=ports.sessions,
            waiting=ports.waiting,
            end_invitations=end_invitations,
            rooms=read_rooms,
            platform=ports.connections,
            clock=clock,
        ),
        session_tracker=tracker,
        pseudonyms=pseudonyms,
        log_pseudonyms=pseudonyms if policy.strict_privacy else None,
        resolve_participants=cache(build_participants),
        read_attendance=cache(build_attendance),
        read_usage=cache(build_usage),
        list_rooms=cache(lambda: ListRooms(ports.rooms, ports.directory())),
        read_overview=cache(build_overview),
        user_data=user_data,
        media=cache(lambda: media().use_cases),
        scheduled=cache(build_scheduled),
    )
