"""The use cases that run on a schedule."""

from chalicelib.composition.media import MediaServices
from chalicelib.composition.policy import Policy
from chalicelib.composition.ports import Ports
from chalicelib.core.rooms.enforce_closing_times import ClosingTimes
from chalicelib.core.rooms.user_data.erase_users import EraseUsers
from chalicelib.core.sessions.check_sessions import SessionChecks
from chalicelib.core.sessions.connection_rules import ConnectionRules
from chalicelib.core.sessions.reconcile_connections import ConnectionReconciler
from chalicelib.core.sessions.reconcile_seats import SeatReconciler
from chalicelib.core.sessions.reconcile_sessions import SessionReconciler
from chalicelib.core.sessions.refill_pool import RefillPool
from chalicelib.core.sessions.track_sessions import SessionTracker
from chalicelib.core.support.formats import Clock
from chalicelib.core.usage.count_usage import UsageCounter
from chalicelib.core.use_cases import ScheduledUseCases


def wire_scheduled(
    ports: Ports,
    policy: Policy,
    clock: Clock,
    *,
    media: MediaServices,
    erase: EraseUsers,
    rules: ConnectionRules,
    tracker: SessionTracker,
) -> ScheduledUseCases:
    """Return the scheduled use cases.

    Args:
        ports: An adapter for each port.
        policy: The operator's choices.
        clock: Returns the current time.
        media: The use cases of media.
        erase: The erasure of users.
        rules: The rules by which a connection may stay.
        tracker: Records connections and their ends.
    """
    due_work, workers = ports.due_work(), ports.workers()
    checks = SessionChecks(
        sessions=ports.sessions,
        due_work=due_work,
        connections=ConnectionReconciler(
            rooms=ports.rooms,
            sessions=ports.sessions,
            rules=rules,
            platform=ports.connections,
            tracker=tracker,
            seats=SeatReconciler(ports.rooms, ports.sessions, tracker, clock),
            clock=clock,
        ),
        media=media.reconcile,
        usage=UsageCounter(
            ports.attendance(), ports.media().store, ports.usage(), policy.prices, clock
        ),
        clock=clock,
        longest_token=policy.longest_token,
    )
    return ScheduledUseCases(
        enforce_closing_times=ClosingTimes(
            ports.rooms, due_work, ports.connections, media.stop.stop_all, clock
        ),
        reconcile_sessions=SessionReconciler(
            due_work,
            # Outside AWS, this process does the workers' work, and waits for its end.
            checks.run if workers is None else workers.start,
            clock,
            policy.opentok_calls_per_second,
        ),
        check_sessions=checks,
        delete_expired_archives=media.delete_expired_archives,
        erase_users=erase,
        refill_session_pool=RefillPool(
            ports.pool, ports.video, policy.pool, clock, policy.opentok_calls_per_second
        ),
    )
