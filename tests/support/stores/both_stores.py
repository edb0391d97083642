"""The same done to the fakes of the stores and to DynamoDB, in any order, and compared."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from chalicelib.core.model.attendance import EndHint
from chalicelib.core.model.connection import (
    Connection,
    Counts,
    Participant,
    Session,
    Stream,
)
from chalicelib.core.model.media import Media
from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.seats import HOLD, KeptFree, Seats
from chalicelib.core.model.user import GUEST_PREFIX
from chalicelib.core.model.waiting import (
    Decision,
    Verdict,
    WaitingList,
    WaitingUser,
    waiting_id,
)
from chalicelib.core.ports.archives import RetentionSchedule
from chalicelib.core.ports.quota_store import Allowance, Period
from tests.fakes.memory.table import Table
from tests.fakes.stores import Stores
from tests.support.stores.engines import Engine, Memory
from tests.support.stores.example_rooms import LONGEST_TOKEN, NOON, soon
from tests.support.stores.read_stores import (
    PROJECTS,
    outcome,
    read_lists,
    read_retention,
    read_session,
)
from tests.support.stores.store_strategies import (
    CONNECTIONS,
    KEPT_FREE,
    MEDIA,
    MOMENTS,
    NAMES,
    PARTICIPANTS,
    SETTINGS,
    USERS,
)


class BothStores(RuleBasedStateMachine):
    """Does everything twice, also by what was read long ago, and compares.

    Args:
        engine: DynamoDB; its table is emptied first.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        engine.empty_table()
        self._engine, self._memory = engine, Memory(Table(lambda: NOON, LONGEST_TOKEN))
        self._rooms: list[Room] = []
        self._sessions: list[Session] = []
        self._kept: list[Media] = []
        self._lists = [WaitingList()]
        self._decided: list[Decision | None] = [None]
        self._numbers = 0

    def both(self, call: Callable[[Stores], Any]) -> Any:
        """Return the answer of both stores, which must agree."""
        answers = [outcome(call, each.stores) for each in (self._memory, self._engine)]
        assert answers[0] == answers[1]
        return answers[0]

    @initialize(name=NAMES, chosen=SETTINGS)
    def first(self, name: str, chosen: RoomSettings) -> None:
        self._create(name, chosen, None)

    @rule(name=NAMES, chosen=SETTINGS, data=st.data())
    def create(self, name: str, chosen: RoomSettings, data: st.DataObject) -> None:
        replaced = data.draw(st.none() | st.sampled_from(self._rooms))
        self._create(name, chosen, replaced)

    @rule(
        name=NAMES,
        session_id=st.sampled_from(["pooled-1", "pooled-2", "pooled-3"]),
        project=st.sampled_from(PROJECTS),
        at=MOMENTS,
        which=st.sampled_from(["add", "add", "drop", "take"]),
    )
    def pool(self, name: str, session_id: str, project: str, at: Any, which: str) -> None:
        if which == "take":
            room = replace(self._new_room(name, RoomSettings()), session_id=session_id)
            created = self.both(
                lambda stores: stores.rooms.create(room, None, soon(), pooled_for=project)
            )
            if isinstance(created, Room):
                self._rooms.append(created)
        elif which == "add":
            self.both(lambda stores: stores.pool.add_session(session_id, project, at, soon()))
        else:
            self.both(lambda stores: stores.pool.drop_session(session_id, project, at, soon()))

    @rule(data=st.data(), at=MOMENTS)
    def close(self, data: st.DataObject, at: Any) -> None:
        room = self._a_room(data)
        self.both(lambda stores: stores.rooms.close(room, at, soon()))

    @rule(data=st.data(), chosen=SETTINGS, locked=st.booleans(), anew=st.booleans(), at=MOMENTS)
    def change(
        self, data: st.DataObject, chosen: RoomSettings, locked: bool, anew: bool, at: Any
    ) -> None:
        before = self._a_room(data)
        after = replace(before, settings=chosen, locked=locked, bans={"eve": at})
        if anew:
            after = replace(after, session_id=self._new("session"), seats=Seats())
        elif locked:
            after = replace(after, seats=Seats({"bob": {"c1": at}}, {"carol": at}, {"bob": at}))
        self.both(lambda stores: stores.rooms.compare_and_set(before, after, at, soon()))

    @rule(data=st.data(), user=USERS, at=MOMENTS, kept_free=KEPT_FREE, waits=st.booleans())
    def join(
        self, data: st.DataObject, user: str, at: Any, kept_free: KeptFree, waits: bool
    ) -> None:
        room, longest_wait = self._a_room(data), HOLD if waits else None
        cap = room.settings.max_participants or 3
        claim = room.seats.claim_for_join(user, cap, at, kept_free, longest_wait)
        if claim is not None:
            self.both(lambda stores: stores.seats.write_claim(room, claim, soon()))

    @rule(data=st.data(), user=USERS)
    def free(self, data: st.DataObject, user: str) -> None:
        room = self._a_room(data)
        self.both(lambda stores: stores.seats.free(room, user, soon()))

    @rule(data=st.data(), user=USERS, at=MOMENTS, which=st.integers(0, 7))
    def wait(self, data: st.DataObject, user: str, at: Any, which: int) -> None:
        room, guest = self._a_room(data), data.draw(st.booleans())
        user_id = f"{GUEST_PREFIX if guest else ''}{user}"
        own = waiting_id(room.session_id, user_id)
        before = data.draw(st.just(WaitingList()) | st.sampled_from(self._lists))
        known = before.users.get(own, WaitingUser(own, user_id, user, at, at))
        decision, decided = (
            Decision(Verdict.APPROVED, at),
            data.draw(st.sampled_from(self._decided)),
        )
        claim = room.seats.claim_for_join(user_id, room.settings.max_participants or 3, at)
        removal, recording = before.removing(known, at), before.recording(known, at)
        calls: list[Callable[[Stores], object]] = [
            lambda stores: stores.waiting.record(room, recording, soon()),
            lambda stores: stores.waiting.record(room, recording, soon()),
            lambda stores: stores.waiting.approve(room, removal, claim, soon()),
            lambda stores: stores.waiting.turn_away(room, removal, soon()),
            lambda stores: stores.waiting.decide(room, own, decided, decision, soon()),
            lambda stores: stores.waiting.send_out(room, own, at, soon()),
            lambda stores: stores.waiting.note_signal(room, before, which, at, soon()),
            lambda stores: stores.waiting.remove(room, [known], soon()),
        ]
        self.both(calls[which])
        look = self.both(
            lambda stores: stores.waiting.look(room.name, room.session_id, own, soon())
        )
        self._lists.append(look.waiting)
        self._decided.append(look.decision)

    @rule(user=USERS, at=MOMENTS, room=NAMES, which=st.integers(0, 2))
    def use(self, user: str, at: Any, room: str, which: int) -> None:
        period = Period(user, "rooms", at)
        calls: list[Callable[[Stores], object]] = [
            lambda stores: stores.quotas.add(period, 2, soon()),
            lambda stores: stores.quotas.add_holds(user, {room: at}, soon()),
            lambda stores: stores.quotas.remove_holds(user, [room], soon()),
        ]
        self.both(calls[which])

    @rule(data=st.data(), user=USERS, until=MOMENTS)
    def remember_admin(self, data: st.DataObject, user: str, until: Any) -> None:
        room = self._a_room(data)
        past = set(room.admins_until) - {user}
        self.both(lambda stores: stores.seats.remember_admin(room, user, until, past, soon()))

    @precondition(lambda self: self._sessions)
    @rule(
        data=st.data(),
        connection_id=CONNECTIONS,
        participant=PARTICIPANTS,
        refused=st.booleans(),
        at=MOMENTS,
        recorded=st.none() | MOMENTS,
        how=st.sampled_from(["anyhow", "standing", "seated"]),
    )
    def arrive(
        self,
        data: st.DataObject,
        connection_id: str,
        participant: Participant,
        refused: bool,
        at: Any,
        recorded: Any,
        how: str,
    ) -> None:
        session, room = self._a_session(data), self._a_room(data)
        connection = Connection(connection_id, at, participant, refused=refused, recorded=recorded)
        if how != "seated":
            standing = room if how == "standing" else None
            self.both(
                lambda stores: stores.sessions.record_connection(
                    session, connection, soon(), standing
                )
            )
            return
        user, cap = participant.user_id or "bob", room.settings.max_participants or 3
        claim = room.seats.claim_for_connection(user, connection_id, cap, at)
        if claim is not None:
            self.both(
                lambda stores: stores.sessions.record_connection_and_seat(
                    session, connection, room, claim, soon()
                )
            )

    @precondition(lambda self: self._sessions)
    @rule(
        data=st.data(),
        connection_id=CONNECTIONS,
        at=MOMENTS,
        hint=st.none() | st.builds(EndHint, st.none() | MOMENTS, st.none() | MOMENTS),
    )
    def leave(self, data: st.DataObject, connection_id: str, at: Any, hint: Any) -> None:
        session, room = self._a_session(data), self._a_room(data)
        release = room.seats.release_for(connection_id, at)
        if release is None:
            self.both(
                lambda stores: stores.sessions.record_disconnection(
                    session, connection_id, at, soon(), hint
                )
            )
        else:
            self.both(
                lambda stores: stores.sessions.record_disconnection_and_release(
                    session, room, release, at, soon(), report=hint
                )
            )

    @precondition(lambda self: self._sessions)
    @rule(
        data=st.data(),
        connection_id=CONNECTIONS,
        stream_id=st.sampled_from(["s1", "s2"]),
        at=MOMENTS,
        ends=st.booleans(),
        implied=st.none() | MOMENTS,
    )
    def stream(
        self,
        data: st.DataObject,
        connection_id: str,
        stream_id: str,
        at: Any,
        implied: Any,
        ends: bool,
    ) -> None:
        session, stream = self._a_session(data), Stream(stream_id, "name", None, at)
        if ends:
            self.both(
                lambda stores: stores.sessions.end_stream(
                    session, connection_id, stream_id, at, soon(), implied=implied
                )
            )
        else:
            self.both(
                lambda stores: stores.sessions.record_stream(session, connection_id, stream, soon())
            )

    @precondition(lambda self: self._sessions)
    @rule(data=st.data(), at=MOMENTS, idle=st.booleans(), which=st.integers(0, 7))
    def look_after(self, data: st.DataObject, at: Any, idle: bool, which: int) -> None:
        session, room = self._a_session(data), self._a_room(data)
        calls: list[Callable[[Stores], object]] = [
            lambda stores: stores.sessions.monitor(room, at, soon()),
            lambda stores: stores.due_work.schedule_check(
                session, at, NOON if idle else None, soon()
            ),
            lambda stores: stores.due_work.postpone_check(session.id, at, soon()),
            lambda stores: stores.due_work.stop_checks(session, soon()),
            lambda stores: stores.due_work.mark_room_idle(session, soon()),
            lambda stores: stores.due_work.retire(room, at, soon()),
            lambda stores: stores.due_work.reschedule(room, None if idle else at, soon()),
            lambda stores: stores.sessions.save_counts(session.id, Counts(2, 1, 1, at), soon()),
        ]
        self.both(calls[which])

    @rule(data=st.data(), media=MEDIA, replaces=st.booleans())
    def keep(self, data: st.DataObject, media: Media, replaces: bool) -> None:
        same = [each for each in self._kept if (each.kind, each.id) == (media.kind, media.id)]
        # What is deleted is never read again, and so never taken for wrong.
        known = [each for each in same if each.status != "deleted"]
        wrong = data.draw(st.sampled_from(known)) if known and replaces else None
        self.both(lambda stores: stores.media.save(media, soon(), wrong))
        self._kept.append(media)

    @rule(data=st.data(), at=MOMENTS, days=st.integers(1, 2), may_expire=st.booleans())
    def look_through(self, data: st.DataObject, at: Any, days: int, may_expire: bool) -> None:
        schedule = RetentionSchedule(self._a_room(data).room_id, "red", days)
        self.both(
            lambda stores: stores.schedules.reschedule(schedule, at, soon(), may_expire=may_expire)
        )

    @rule(name=NAMES)
    def read(self, name: str) -> None:
        room = self.both(lambda stores: stores.rooms.find(name, soon()))
        if room is None:
            return
        self._rooms.append(room)
        session = self.both(lambda stores: stores.sessions.session(room.session_id, soon()))
        if session is not None:
            self._sessions.append(session)

    def teardown(self) -> None:
        for name in ("red", "blue"):
            self.read(name)
        for session_id in {each.session_id for each in self._rooms}:
            self.both(partial(read_session, session_id))
        for room_id in {each.room_id for each in self._rooms}:
            self.both(partial(read_retention, room_id))
        self.both(read_lists)
        assert self._memory.expiries() == self._engine.expiries()

    def _create(self, name: str, chosen: RoomSettings, replaced: Room | None) -> None:
        room = self._new_room(name, chosen)
        allowance = Allowance(Period("alice", "rooms", NOON), limit=1000)
        self._rooms.append(
            self.both(lambda stores: stores.rooms.create(room, replaced, soon(), allowance))
        )

    def _new_room(self, name: str, chosen: RoomSettings) -> Room:
        return Room(
            name=name,
            room_id=self._new("room"),
            session_id=self._new("session"),
            created_at=NOON + timedelta(seconds=self._numbers),
            created_by="alice",
            settings=chosen,
        )

    def _a_room(self, data: st.DataObject) -> Room:
        """A room as it was read at some time; most likely the latest."""
        return data.draw(st.just(self._rooms[-1]) | st.sampled_from(self._rooms))

    def _a_session(self, data: st.DataObject) -> Session:
        return data.draw(st.just(self._sessions[-1]) | st.sampled_from(self._sessions))

    def _new(self, what: str) -> str:
        self._numbers += 1
        return f"{what}-{self._numbers}"
