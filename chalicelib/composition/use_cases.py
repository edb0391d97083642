"""The use cases on given ports, without I/O, SDKs or adapters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.composition.ports import Ports
from chalicelib.core.model.media import Feature, Features
from chalicelib.core.model.media_hosts import MediaHosts
from chalicelib.core.ports.session_pool import PoolBounds
from chalicelib.core.rooms.admit_user import AdmitUser
from chalicelib.core.rooms.ban_users import BanUsers
from chalicelib.core.rooms.change_room import ChangeRoom
from chalicelib.core.rooms.close_room import CloseRoom
from chalicelib.core.rooms.create_room import CreateRoom, CreationPolicy
from chalicelib.core.rooms.held_seats import HeldSeats
from chalicelib.core.rooms.join_room import JoinRoom, TokenQuota
from chalicelib.core.rooms.quotas import Quotas, RoomQuota
from chalicelib.core.rooms.read_rooms import ReadRooms
from chalicelib.core.sessions.moderate import Moderate
from chalicelib.core.sessions.new_sessions import NewSessions
from chalicelib.core.sessions.read_presence import ReadPresence
from chalicelib.core.sessions.reconcile_seats import SeatReconciler
from chalicelib.core.sessions.track_sessions import SessionTracker
from chalicelib.core.support.formats import Clock
from chalicelib.core.use_cases import ScheduledUseCases, UseCases

if TYPE_CHECKING:
    from chalicelib.composition.media import MediaServices


@dataclass(frozen=True, slots=True)
class Policy:
    """The operator's choices that use cases depend on.

    Args:
        creation: The rule for who may create rooms, and the default room.
        longest_token: The longest lifetime of a client token; at most 30 days.
        features: The rule of each feature that costs money.
        media_hosts: The hosts that OpenTok may be sent to.
        opentok_calls_per_second: The highest rate of calls to OpenTok by scheduled functions.
        quotas: The limits of what one user may use.
        pool: The bounds of the pool of sessions.
    """

    creation: CreationPolicy
    longest_token: timedelta
    features: Features
    media_hosts: MediaHosts
    opentok_calls_per_second: int
    quotas: Quotas
    pool: PoolBounds


def wire(ports: Ports, policy: Policy, clock: Clock, new_id: Callable[[], str]) -> UseCases:
    """Return all use cases. Media and scheduled use cases are built on first use."""
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
    tracker = SessionTracker(ports.rooms, ports.sessions, ports.connections, clock)
    seats = SeatReconciler(ports.rooms, ports.sessions, tracker, clock)

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

    def build_scheduled() -> ScheduledUseCases:
        from chalicelib.core.rooms.enforce_closing_times import ClosingTimes
        from chalicelib.core.sessions.check_sessions import SessionChecks
        from chalicelib.core.sessions.reconcile_connections import ConnectionReconciler
        from chalicelib.core.sessions.reconcile_sessions import SessionReconciler
        from chalicelib.core.sessions.refill_pool import RefillPool

        due_work, workers = ports.due_work(), ports.workers()
        checks = SessionChecks(
            sessions=ports.sessions,
            due_work=due_work,
            connections=ConnectionReconciler(
                rooms=ports.rooms,
                sessions=ports.sessions,
                platform=ports.connections,
                tracker=tracker,
                seats=seats,
                clock=clock,
            ),
            media=media().reconcile,
            clock=clock,
            longest_token=policy.longest_token,
        )
        return ScheduledUseCases(
            enforce_closing_times=ClosingTimes(
                ports.rooms, due_work, ports.connections, media().stop.stop_all, clock
            ),
            reconcile_sessions=SessionReconciler(
                due_work,
                # Outside AWS, this process does the workers' work, and waits for its end.
                checks.run if workers is None else workers.start,
                clock,
                policy.opentok_calls_per_second,
            ),
            check_sessions=checks,
            delete_expired_archives=media().delete_expired_archives,
            refill_session_pool=RefillPool(
                ports.pool, ports.video, policy.pool, clock, policy.opentok_calls_per_second
            ),
        )

    return UseCases(
        identity=ports.identity,
        platform=ports.video,
        client_library=ports.client_library,
        callbacks=ports.callbacks,
        create_room=create_room,
        join_room=JoinRoom(
            create_room,
            AdmitUser(
                ports.seats,
                ports.sessions,
                HeldSeats(quotas.held_seats, ports.rooms, ports.quotas),
                quotas,
                clock,
            ),
            TokenQuota(quotas.tokens_per_minute, ports.quotas, clock),
            ports.video,
            clock,
            default_room=policy.creation.default_room,
            longest_lifetime=policy.longest_token,
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
            lambda room_id, deadline: media().stop.stop_all(room_id, deadline),  # noqa: PLW0108  built on use
            clock,
        ),
        moderate=Moderate(read_rooms, ports.connections),
        ban_users=BanUsers(
            store=ports.rooms,
            seats=ports.seats,
            sessions=ports.sessions,
            rooms=read_rooms,
            platform=ports.connections,
            clock=clock,
        ),
        session_tracker=tracker,
        media=cache(lambda: media().use_cases),
        scheduled=cache(build_scheduled),
    )
