"""The join of a room: from a user and a room's name to a client token."""

import json
from datetime import datetime, timedelta
from functools import partial
from threading import Lock
from typing import Final
from urllib.parse import quote

from chalicelib.core.model.room import Room
from chalicelib.core.model.user import Role, User
from chalicelib.core.ports.quota_store import Period, QuotaStore
from chalicelib.core.ports.video_platform import TokenSpec, VideoPlatform
from chalicelib.core.ports.waiting_store import WaitingLook
from chalicelib.core.rooms.admit_user import AdmittedUser, AdmitUser, ClaimWriter
from chalicelib.core.rooms.create_room import CreateRoom
from chalicelib.core.rooms.join_request import JoinRequest, JoinResult
from chalicelib.core.rooms.quotas import MAX_USERS, exceeded
from chalicelib.core.rooms.waiting.waiting_room import Asking, WaitingRoom
from chalicelib.core.support.audit import AuditAction, AuditEntry
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import audit, increment
from chalicelib.errors import FieldProblem, InvalidField, RoomClosed

MAX_CONNECTION_DATA_CHARACTERS: Final = 1000
MAX_LAYOUT_CLASSES_CHARACTERS: Final = 1000
MIN_TOKEN_SECONDS: Final = 60
MAX_TOKEN_SECONDS: Final = 2_592_000
"""30 days, OpenTok's own limit."""


class TokenQuota:
    """Counts each user's requests for tokens, in this instance and then in the store.

    A tenth of the quota is counted in this instance alone, so that most users cost no call.
    """

    def __init__(self, limit: int, store: QuotaStore, clock: Clock) -> None:
        self._limit = limit
        self._counted_here = max(1, limit // 10)
        self._store = store
        self._clock = clock
        self._minute_ends: datetime | None = None
        self._by_user: dict[str, int] = {}
        self._lock = Lock()

    def count(self, user: User, deadline: Deadline) -> None:
        """Count a request for a token. Admins may make any number of requests.

        Raises:
            QuotaExceeded: The user has made too many requests in this minute.
        """
        if user.admin:
            return
        now = self._clock()
        ends = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        number = self._count_here(user.id, ends)
        if number <= self._counted_here:
            return
        if number <= self._limit:
            amount = number if number == self._counted_here + 1 else 1
            minute = Period(user.id, "tokens", ends)
            if self._store.add(minute, amount, deadline) <= self._limit:
                return
            with self._lock:
                self._by_user[user.id] = self._limit  # from now on, refuse without a call
        raise exceeded(
            "tokensPerMinute",
            self._limit,
            f"You may ask for {self._limit} tokens in a minute. Use each token for reconnecting.",
            ends - now,
        )

    def _count_here(self, user_id: str, minute_ends: datetime) -> int:
        with self._lock:
            if minute_ends != self._minute_ends:
                self._minute_ends, self._by_user = minute_ends, {}
            number = self._by_user.pop(user_id, 0) + 1
            self._by_user[user_id] = number
            if len(self._by_user) > MAX_USERS:
                del self._by_user[next(iter(self._by_user))]
        return number


class JoinRoom:
    """Issues client tokens to users who may join.

    Args:
        default_room: The name of the room that `join_default` uses.
        longest_lifetime: The longest lifetime of a token; at most 30 days, OpenTok's limit.
    """

    def __init__(
        self,
        create_room: CreateRoom,
        admit_user: AdmitUser,
        quota: TokenQuota,
        platform: VideoPlatform,
        clock: Clock,
        *,
        waiting_room: WaitingRoom,
        default_room: str,
        longest_lifetime: timedelta,
    ) -> None:
        self._create_room = create_room
        self._admit_user = admit_user
        self._waiting_room = waiting_room
        self._quota = quota
        self._platform = platform
        self._clock = clock
        self.default_room = default_room
        self._longest_lifetime = longest_lifetime

    def join(self, user: User, name: str, request: JoinRequest, deadline: Deadline) -> JoinResult:
        """Admit the user to the room of this name and issue a client token.

        Raises:
            InvalidField: The lifetime, the layout classes or the connection data are too long.
            RoomkeyError: An error of `TokenQuota.count`, `CreateRoom.find_or_create` or
                `AdmitUser.admit`.
        """
        self._check(user, request)
        room, look = self._find_room(user, name, deadline)
        return self._join(user, room, request, deadline, look=look)

    def join_as_guest(
        self,
        guest: User,
        room: Room,
        request: JoinRequest,
        write_claim: ClaimWriter,
        deadline: Deadline,
    ) -> JoinResult:
        """Admit a guest to the room that they are invited to, and issue a client token.

        `write_claim` writes the claim of a seat together with the use of the invitation.

        Raises:
            RoomkeyError: An error of `TokenQuota.count`, `AdmitUser.admit` or `write_claim`.
        """
        self._check(guest, request)
        self._quota.count(guest, deadline)
        return self._join(guest, room, request, deadline, write_claim=write_claim)

    def _check(self, user: User, request: JoinRequest) -> None:
        """Check the options before anything is counted or created."""
        if request.lifetime is not None and request.lifetime > self._longest_lifetime:
            limit = int(self._longest_lifetime.total_seconds())
            raise InvalidField(FieldProblem("expiresIn", f"must be at most {limit} seconds"))
        if len(" ".join(request.layout_classes)) > MAX_LAYOUT_CLASSES_CHARACTERS:
            raise InvalidField(
                FieldProblem(
                    "layoutClasses",
                    f"must be at most {MAX_LAYOUT_CLASSES_CHARACTERS} characters, joined by spaces",
                )
            )
        # Check the length before anything is created. No role has a shorter name than the one
        # assumed here, so the check rejects no data that would fit.
        _connection_data(user, request, request.role or Role.MODERATOR)

    def _join(
        self,
        user: User,
        room: Room,
        request: JoinRequest,
        deadline: Deadline,
        *,
        look: WaitingLook | None = None,
        write_claim: ClaimWriter | None = None,
    ) -> JoinResult:
        admitted = self._admit_user.admit(
            room,
            user,
            request.role,
            deadline,
            lifetime=request.lifetime or self._longest_lifetime,
            check=partial(_connection_data, user, request),
            write_claim=write_claim,
            asking=Asking(request.name, request.skips_waiting_room, look),
        )
        data = _connection_data(user, request, admitted.role)
        return self._issue_token(user, admitted, data, request, deadline)

    def join_default(self, user: User, username: str, deadline: Deadline) -> JoinResult:
        """Admit the user to the default room as a publisher and issue a client token.

        The connection data is `username=...&userId=...`. Its values are percent-encoded, so that a
        name cannot add a field or another user's id.

        Raises:
            InvalidField: The name is too long.
            RoomkeyError: An error of `TokenQuota.count`, `CreateRoom.find_or_create` or
                `AdmitUser.admit`.
        """
        data = f"username={quote(username, safe='')}&userId={quote(user.id, safe='')}"
        _check_length(data, "username", "user's id")
        room, look = self._find_room(user, self.default_room, deadline)
        admitted = self._admit_user.admit(
            room,
            user,
            Role.PUBLISHER,
            deadline,
            lifetime=self._longest_lifetime,
            asking=Asking(look=look),
        )
        return self._issue_token(user, admitted, data, JoinRequest(), deadline)

    def _find_room(
        self, user: User, name: str, deadline: Deadline
    ) -> tuple[Room, WaitingLook | None]:
        """Return the room, with its waiting room if the user waits there and asks again in time.

        Asking again in time is not counted as a request for a token.
        """
        if user.id in self._waiting_room.asking:
            look = self._waiting_room.look_again(user, name, deadline)
            if look is not None and look.room is not None:
                return look.room, look
        self._quota.count(user, deadline)
        return self._create_room.find_or_create(user, name, deadline), None

    def _issue_token(
        self,
        user: User,
        admitted: AdmittedUser,
        data: str,
        request: JoinRequest,
        deadline: Deadline,
    ) -> JoinResult:
        room, role = admitted.room, admitted.role
        # This call may have to fetch credentials. It comes before the clock is read, so that the
        # token does not expire while the call waits.
        self._platform.project_id(deadline)
        now = self._clock()
        expires_at = now + (request.lifetime or self._longest_lifetime)
        if room.settings.closes_at is not None:
            expires_at = min(expires_at, room.settings.closes_at)
        if admitted.claim_ends is not None:
            expires_at = min(expires_at, admitted.claim_ends)
        # OpenTok's times are whole seconds. A token rounded up would outlive the room.
        expires_at = expires_at.replace(microsecond=0)
        if expires_at <= now:
            raise RoomClosed("This room, or your invitation to it, is closing now.")
        spec = TokenSpec(
            session_id=room.session_id,
            role=role,
            expires_at=int(expires_at.timestamp()),
            connection_data=data,
            layout_classes=request.layout_classes,
        )
        token = self._platform.sign_token(spec, deadline)
        increment(f"Tokens{role.capitalize()}")
        audit(_admission(user, room, role))
        return JoinResult(room, role, token, expires_at, now, admitted.connect_by)


def _admission(user: User, room: Room, role: Role) -> AuditEntry:
    invited = {} if user.invited is None else {"invitation": user.invited.invitation_id}
    return AuditEntry(
        action=AuditAction.ADMISSION,
        subject=user.id,
        room=room.name,
        session_id=room.session_id,
        details={"role": role, **invited},
    )


def _connection_data(user: User, request: JoinRequest, role: Role) -> str:
    """Return the connection data, which all participants see."""
    name = user.name if user.name is not None else request.name
    content = {"userId": user.id, "name": name, "role": role, "data": request.data}
    if user.invited is not None:
        content["invitation"] = user.invited.invitation_id
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    _check_length(data, "name" if request.data is None else "data", "user's id, name and role")
    return data


def _check_length(connection_data: str, field: str, beside: str) -> None:
    """Check OpenTok's limit, which counts characters and not bytes, as OpenTok's SDK does."""
    if len(connection_data) > MAX_CONNECTION_DATA_CHARACTERS:
        excess = len(connection_data) - MAX_CONNECTION_DATA_CHARACTERS
        raise InvalidField(
            FieldProblem(
                field,
                f"is {excess} characters too long: the connection data may have "
                f"{MAX_CONNECTION_DATA_CHARACTERS} characters, including the {beside}",
            )
        )
