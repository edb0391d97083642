"""The join of a room: from a user and a room's name to a client token."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, partial
from threading import Lock
from typing import Final

from chalicelib.core.model.room import Room
from chalicelib.core.model.user import Role, User
from chalicelib.core.ports.credentials import Pseudonyms
from chalicelib.core.ports.quota_store import Period, QuotaStore
from chalicelib.core.ports.video_platform import TokenSpec, VideoPlatform
from chalicelib.core.ports.waiting_store import WaitingLook
from chalicelib.core.rooms.admit_user import AdmittedUser, AdmitUser, ClaimWriter
from chalicelib.core.rooms.create_room import CreateRoom
from chalicelib.core.rooms.join_request import JoinRequest, JoinResult
from chalicelib.core.rooms.quotas import MAX_USERS, exceeded
from chalicelib.core.rooms.waiting.asking import Asking
from chalicelib.core.rooms.waiting.waiting_room import WaitingRoom
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock, form_data, json_data
from chalicelib.core.support.metrics import audit, increment
from chalicelib.errors import FieldProblem, InvalidField

MAX_LAYOUT_CLASSES_CHARACTERS: Final = 1000
_DataOf = Callable[[Role, str], str]
_Names = dict[str, str | None]


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
        detail = f"You may ask for {self._limit} tokens in a minute. Use each one for reconnecting."
        raise exceeded("tokensPerMinute", self._limit, detail, ends - now)

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
        pseudonyms: Seals who a user is in connection data; None to name users there.
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
        pseudonyms: Callable[[], Pseudonyms] | None,
    ) -> None:
        self._create_room = create_room
        self._admit_user = admit_user
        self._waiting_room = waiting_room
        self._quota = quota
        self._platform = platform
        self._clock = clock
        self.default_room = default_room
        self._longest_lifetime = longest_lifetime
        self._pseudonyms = pseudonyms

    def join(self, user: User, name: str, request: JoinRequest, deadline: Deadline) -> JoinResult:
        """Admit the user to the room of this name and issue a client token.

        Raises:
            InvalidField: The lifetime, the layout classes or the connection data are too long.
            RoomkeyError: An error of `TokenQuota.count`, `CreateRoom.find_or_create` or
                `AdmitUser.admit`.
        """
        self._check(user, request, deadline)
        room, look = self._find_room(user, name, deadline)
        return self._join(user, room, request, deadline, look=look)

    def join_as_guest(
        self,
        guest: User,
        room: Room,
        request: JoinRequest,
        write_claim: ClaimWriter,
        deadline: Deadline,
        *,
        look: WaitingLook | None = None,
    ) -> JoinResult:
        """Admit a guest to the room that they are invited to, and issue a client token.

        `write_claim` writes the claim of a seat with the use of the invitation. A request with
        `look`, of a guest who waits and asks again in time, is not counted.

        Raises:
            RoomkeyError: An error of `TokenQuota.count`, `AdmitUser.admit` or `write_claim`.
        """
        self._check(guest, request, deadline)
        if look is None:
            self._quota.count(guest, deadline)
        return self._join(guest, room, request, deadline, write_claim=write_claim, look=look)

    def _check(self, user: User, request: JoinRequest, deadline: Deadline) -> None:
        """Check the options before anything is counted or created."""
        if request.lifetime is not None and request.lifetime > self._longest_lifetime:
            limit = int(self._longest_lifetime.total_seconds())
            raise InvalidField(FieldProblem("expiresIn", f"must be at most {limit} seconds"))
        if len(" ".join(request.layout_classes)) > MAX_LAYOUT_CLASSES_CHARACTERS:
            reason = f"must be at most {MAX_LAYOUT_CLASSES_CHARACTERS} characters, joined by spaces"
            raise InvalidField(FieldProblem("layoutClasses", reason))
        # No role has a shorter name than this one, so the check rejects no data that would fit.
        self._connection_data(user, request, deadline, request.role or Role.MODERATOR, "")

    def _join(
        self,
        user: User,
        room: Room,
        request: JoinRequest,
        deadline: Deadline,
        *,
        write_claim: ClaimWriter | None = None,
        look: WaitingLook | None = None,
        data_of: _DataOf | None = None,
    ) -> JoinResult:
        # It is asked for at admission and for the token, usually about the same role.
        data_of = cache(data_of or partial(self._connection_data, user, request, deadline))
        admitted = self._admit_user.admit(
            room,
            user,
            request.role,
            deadline,
            lifetime=request.lifetime or self._longest_lifetime,
            check=lambda role: data_of(role, room.session_id),
            write_claim=write_claim,
            asking=Asking(request.name, request.skips_waiting_room, request.uses_left, look),
        )
        joined = self._issue_token(admitted, data_of, request, deadline)
        audit(admitted.entry(user))
        return joined

    def join_default(self, user: User, username: str, deadline: Deadline) -> JoinResult:
        """Admit the user to the default room as a publisher and issue a client token.

        The connection data is `username=...&userId=...`, or `participant=...`.

        Raises:
            InvalidField: The name is too long.
            RoomkeyError: An error of `TokenQuota.count`, `CreateRoom.find_or_create` or
                `AdmitUser.admit`.
        """

        def data_of(_: Role, session_id: str) -> str:
            return form_data(self._who(user, username, session_id, deadline))

        data_of(Role.PUBLISHER, "")
        room, look = self._find_room(user, self.default_room, deadline)
        return self._join(
            user, room, JoinRequest(Role.PUBLISHER), deadline, look=look, data_of=data_of
        )

    def _find_room(
        self, user: User, name: str, deadline: Deadline
    ) -> tuple[Room, WaitingLook | None]:
        """Return the room, with its waiting room for who asks again in time, uncounted."""
        if user.id in self._waiting_room.asking:
            look = self._waiting_room.look_again(user, name, deadline)
            if look is not None and look.room is not None:
                return look.room, look
        self._quota.count(user, deadline)
        return self._create_room.find_or_create(user, name, deadline), None

    def _issue_token(
        self, admitted: AdmittedUser, data_of: _DataOf, request: JoinRequest, deadline: Deadline
    ) -> JoinResult:
        room, role = admitted.room, admitted.role
        # Fetch credentials before the clock is read: the token must not expire meanwhile.
        self._platform.project_id(deadline)
        now = self._clock()
        expires_at = admitted.token_end(now, request.lifetime or self._longest_lifetime)
        spec = TokenSpec(
            session_id=room.session_id,
            role=role,
            expires_at=int(expires_at.timestamp()),
            connection_data=data_of(role, room.session_id),
            layout_classes=request.layout_classes,
        )
        token = self._platform.sign_token(spec, deadline)
        increment(f"Tokens{role.capitalize()}")
        return JoinResult(room, role, token, expires_at, now, admitted.connect_by)

    def _connection_data(
        self, user: User, request: JoinRequest, deadline: Deadline, role: Role, session_id: str
    ) -> str:
        """Return the connection data, which all participants see."""
        name = user.name if user.name is not None else request.name
        who = self._who(user, name, session_id, deadline)
        content = who | {"role": role.value, "data": request.data}
        if user.invited is not None:
            content["invitation"] = user.invited.invitation_id
        return json_data(content, "name" if request.data is None else "data")

    def _who(self, user: User, name: str | None, session_id: str, deadline: Deadline) -> _Names:
        """Return user id and name, or the opaque id that stands for them."""
        if self._pseudonyms is None:
            return {"userId": user.id, "name": name}
        return {"participant": self._pseudonyms().seal(session_id, user.id, name, deadline)}
