"""The real use cases on fakes of all ports."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any, Final, NamedTuple

from chalicelib.composition.policy import Policy
from chalicelib.composition.ports import MediaPorts, Ports, UserDataPorts
from chalicelib.composition.use_cases import wire
from chalicelib.core.model.connection import Connection, EndReport
from chalicelib.core.model.invitation import Invitation
from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.user import Role, User
from chalicelib.core.ports.video_platform import PoolBounds
from chalicelib.core.rooms.create_room import CreationPolicy
from chalicelib.core.rooms.invitations.invitation_request import InvitationRequest
from chalicelib.core.rooms.invitations.invitation_rule import InvitationRule
from chalicelib.core.rooms.invitations.join_by_invitation import GuestRequest
from chalicelib.core.rooms.join_request import JoinRequest, JoinResult
from chalicelib.core.rooms.quotas import Quotas
from chalicelib.core.rooms.room_patch import RoomPatch
from chalicelib.core.usage.prices import Prices
from chalicelib.core.use_cases import UseCases
from chalicelib.errors import RoomkeyError
from chalicelib.media_settings import read_features, read_media_hosts
from chalicelib.pool_settings import DEFAULT_POOL
from chalicelib.settings import DEFAULT_CALLS_PER_SECOND
from tests.fakes.clock import FrozenClock, NoHurry
from tests.fakes.memory.table import ATTENDANCE, Table
from tests.fakes.opentok.clients import Event, FakeOpenTok
from tests.fakes.opentok.ports import FakePlatforms
from tests.fakes.outside import (
    FakeArchiveStorage,
    FakeCallbackVerifier,
    FakeClientLibrary,
    FakeIdentity,
    FakeRefusals,
)
from tests.fakes.pseudonyms import FakePseudonyms
from tests.fakes.stores import Stores
from tests.support.features import ALL_FEATURES
from tests.support.noon import NOON

ALICE: Final = User("alice")
"""The user who creates rooms here, and so moderates them."""
BOB: Final = User("bob")
CAROL: Final = User("carol")
ROOT: Final = User("root", admin=True)
IP: Final = "203.0.113.7"
LONGEST_TOKEN: Final = timedelta(days=1)
FAR_AWAY: Final = Quotas(
    rooms_per_hour=100_000,
    rooms=1000,
    tokens_per_minute=100_000,
    held_seats=50,
    hold_renewals=1000,
    invitations_per_hour=100_000,
)


class Invited(NamedTuple):
    """A new invitation, and its code."""

    invitation: Invitation
    code: str


class Service:
    """A service, its clock, and its users.

    Args:
        admins_only: Whether only admins may create rooms.
        has_bucket: Whether OpenTok uploads archives to storage of the owner's.
        settings: Settings of media that differ from `ALL_FEATURES`.
        calls_per_second: The rate of calls to OpenTok that reconciliation keeps to.
        quotas: The limits of what one user may use; far away unless a test is about them.
        pool: The bounds of the pool of sessions, which is empty until `refill`.
        invitations: The operator's choices about invitations.
        attendance: The time for which attendance is kept.
        longest_token: The longest lifetime of a client token.
        strict_privacy: Whether logs and client tokens name no user.
    """

    def __init__(
        self,
        *,
        admins_only: bool = False,
        has_bucket: bool = False,
        calls_per_second: int = DEFAULT_CALLS_PER_SECOND,
        settings: Mapping[str, str] | None = None,
        quotas: Quotas = FAR_AWAY,
        pool: PoolBounds = DEFAULT_POOL,
        invitations: InvitationRule | None = None,
        attendance: timedelta = ATTENDANCE,
        longest_token: timedelta = LONGEST_TOKEN,
        strict_privacy: bool = False,
    ) -> None:
        environment, problems = ALL_FEATURES | dict(settings or {}), list[str]()
        self.clock = FrozenClock(NOON)
        self.deadline = NoHurry()
        self.table = Table(self.clock, longest_token, attendance)
        self.stores = Stores.on(self.table)
        self.opentok = FakeOpenTok(self.clock)
        self.platforms = FakePlatforms(self.opentok)
        self.pseudonyms = FakePseudonyms()
        self.refusals = FakeRefusals()
        self.files = FakeArchiveStorage(has_bucket=has_bucket)
        self._policy = Policy(
            CreationPolicy(admins_only=admins_only, default_room="lobby"),
            longest_token,
            features=read_features(environment, problems),
            media_hosts=read_media_hosts(environment, problems),
            opentok_calls_per_second=calls_per_second,
            quotas=quotas,
            pool=pool,
            invitations=invitations or InvitationRule(),
            attendance=attendance,
            prices=Prices(),
            strict_privacy=strict_privacy,
        )
        assert problems == []
        self._ids = (f"room-{number}" for number in count(1))
        self._codes = (f"code-{number}" for number in count(1))
        self.use_cases = self.another_instance()

    def another_instance(self, pool: PoolBounds | None = None) -> UseCases:
        """Return the use cases of another Lambda instance, which shares nothing but the stores.

        Args:
            pool: Other bounds of the pool; None for the service's own.
        """
        return wire(
            self._ports(),
            self._policy if pool is None else replace(self._policy, pool=pool),
            self.clock,
            lambda: next(self._ids),
            lambda: next(self._codes),
        )

    # Requests of users.

    def open(self, name: str = "standup", user: User = ALICE, **settings: Any) -> Room:
        """Create a room with these settings."""
        room, _ = self.use_cases.create_room.put(
            user,
            name,
            asked=RoomSettings(**settings),
            given=settings.keys(),
            caller_ip=IP,
            deadline=self.deadline,
        )
        return room

    def change(
        self,
        settings: Mapping[str, Any] | None = None,
        *,
        name: str = "standup",
        user: User = ALICE,
        **changed: Any,
    ) -> Room:
        """Change a room: its settings, `locked`, `members` or `moderators`."""
        changes = RoomPatch(settings or {}, **changed)
        return self.use_cases.change_room.change(user, name, changes, IP, self.deadline)

    def close(self, name: str = "standup", user: User = ALICE) -> None:
        self.use_cases.close_room.close(user, name, self.deadline)

    def ban(self, banned: str, name: str = "standup", user: User = ALICE) -> None:
        self.use_cases.ban_users.ban(user, name, banned, self.deadline)

    def join(
        self, user: User, name: str = "standup", role: Role | None = None, **asked: Any
    ) -> JoinResult:
        """Ask for a client token."""
        request = JoinRequest(role, **asked)
        return self.use_cases.join_room.join(user, name, request, self.deadline)

    def refusal(self, user: User, name: str = "standup", role: Role | None = None) -> str | None:
        """Return the error code of a join; None if it succeeds."""
        try:
            self.join(user, name, role)
        except RoomkeyError as refusal:
            return refusal.code
        return None

    # Guests.

    def invite(self, room: str = "standup", user: User = ALICE, **asked: Any) -> Invited:
        """Make an invitation."""
        request = InvitationRequest(**asked)
        made = self.use_cases.invite_guests.invite(user, room, request, self.deadline)
        return Invited(*made)

    def come(self, code: str, guest_key: str = "ann", name: str | None = None) -> JoinResult:
        """Ask for a client token as a guest."""
        request = GuestRequest(code, guest_key, name)
        use_case = self.use_cases.join_by_invitation
        return use_case.join(request, lambda *_: None, self.deadline)

    def refusal_of_guest(self, code: str, guest_key: str = "ann") -> str | None:
        """Return the error code of a guest's join; None if it succeeds."""
        try:
            self.come(code, guest_key)
        except RoomkeyError as refusal:
            return refusal.code
        return None

    def revoke(self, invitation: Invitation, name: str = "standup", user: User = ALICE) -> None:
        self.use_cases.invite_guests.revoke(user, name, invitation.id, self.deadline)

    # Clients.

    def enter(self, user: User, name: str = "standup", role: Role | None = None) -> str:
        """Join, connect, and deliver the callbacks. Return the connection's id."""
        return self.connect(self.join(user, name, role).token.text)

    def connect(self, token: str) -> str:
        """Connect with a token, and deliver the callbacks. Return the connection's id."""
        connection_id = self.opentok.connect(token)
        assert connection_id is not None
        self.deliver()
        return connection_id

    def leave(self, connection_id: str) -> None:
        """Disconnect, and deliver the callbacks."""
        self.opentok.leave(connection_id)
        self.deliver()

    def arrives(self, connection: Connection, name: str = "standup") -> None:
        """Report a connection, even one that OpenTok does not have."""
        session = self.use_cases.session_tracker.find(self.room(name).session_id, self.deadline)
        assert session is not None
        self.use_cases.session_tracker.on_connected(session, connection, self.deadline)

    # Callbacks and scheduled functions.

    def deliver(self) -> None:
        """Deliver all callbacks. Those that fail stay undelivered."""
        left = []
        while self.opentok.events:
            event = self.opentok.events.pop(0)
            try:
                self._report(event)
            except RoomkeyError:
                left.append(event)
        self.opentok.events += left

    def connect_unreported(self, token: str) -> str:
        """Connect with a token, and lose the callbacks. Return the connection's id."""
        connection_id = self.opentok.connect(token)
        assert connection_id is not None
        self.opentok.events.clear()
        return connection_id

    def leave_unreported(self, connection_id: str) -> None:
        """Disconnect, and lose the callbacks."""
        self.opentok.leave(connection_id)
        self.opentok.events.clear()

    def reconcile(self) -> None:
        """Run the scheduled comparison with OpenTok once."""
        self.use_cases.scheduled().reconcile_sessions.run(self.deadline)
        self.deliver()

    def close_what_is_due(self) -> None:
        """Run the scheduled function of closing times once."""
        self.use_cases.scheduled().enforce_closing_times.run(self.deadline)
        self.deliver()

    def delete_expired_archives(self) -> None:
        """Run the scheduled function of retention once."""
        self.use_cases.scheduled().delete_expired_archives.run(self.deadline)
        self.deliver()

    def refill(self) -> None:
        """Run the scheduled function that makes sessions in advance once."""
        self.use_cases.scheduled().refill_session_pool.run(self.deadline)

    # Questions about the state.

    def unused_plans(self) -> list[str]:
        """Return the planned faults that never happened."""
        every = (
            self.table.faults,
            self.opentok.faults,
            self.files.faults,
            self.pseudonyms.faults,
        )
        return [method for faults in every for method in faults.unused()]

    def room(self, name: str = "standup") -> Room:
        """Return the current room."""
        room = self.stores.rooms.find(name, self.deadline)
        assert room is not None
        return room

    def connected(self, name: str = "standup") -> set[str]:
        """Return the ids of the connections that OpenTok has."""
        return set(self.opentok.sessions[self.room(name).session_id].connections)

    def recorded(self, name: str = "standup") -> dict[str, str | None]:
        """Return the recorded connections, each with its user's id."""
        connections = self.stores.sessions.connections(self.room(name).session_id, self.deadline)
        return {each.id: each.participant.user_id for each in connections}

    def _report(self, event: Any) -> None:
        if not isinstance(event, Event):
            self.use_cases.media().media_tracker.on_callback(event, self.deadline)
            return
        follow, connection = self.use_cases.session_tracker, event.connection
        session = follow.find(event.session_id, self.deadline)
        if session is None:
            return
        match event.name:
            case "connectionCreated":
                follow.on_connected(session, connection, self.deadline)
            case "connectionDestroyed":
                now = self.clock()
                report = EndReport(event.at or now, event.ending, connection)
                follow.on_disconnected(session, connection.id, now, self.deadline, report)
            case "streamCreated" if event.stream is not None:
                follow.on_stream_created(session, connection.id, event.stream, self.deadline)
            case "streamDestroyed" if event.stream is not None:
                follow.on_stream_destroyed(
                    session, connection.id, event.stream.id, self.deadline, implied=event.at
                )

    def _ports(self) -> Ports:
        media = MediaPorts(
            store=self.stores.media,
            schedules=self.stores.schedules,
            storage=self.files,
            archives=self.platforms.archives,
            broadcasts=self.platforms.broadcasts,
            captions=self.platforms.captions,
            renders=self.platforms.renders,
            telephony=self.platforms.telephony,
        )
        return Ports(
            rooms=self.stores.rooms,
            seats=self.stores.seats,
            quotas=self.stores.quotas,
            sessions=self.stores.sessions,
            pool=self.stores.pool,
            invitations=self.stores.invitations,
            waiting=self.stores.waiting,
            video=self.opentok,
            client_library=FakeClientLibrary(),
            connections=self.platforms.connections,
            identity=FakeIdentity(),
            callbacks=FakeCallbackVerifier(),
            pseudonyms=lambda: self.pseudonyms,
            due_work=lambda: self.stores.due_work,
            workers=lambda: None,
            attendance=lambda: self.stores.attendance,
            usage=lambda: self.stores.usage,
            directory=lambda: self.stores.directory,
            refusals=lambda: self.refusals,
            user_data=lambda: UserDataPorts(
                records=self.stores.user_records, erasures=self.stores.erasures
            ),
            media=lambda: media,
        )
