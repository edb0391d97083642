"""Stores of users' records and of erasures, on every engine: found, and anonymized one by one."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.table import serialize
from chalicelib.adapters.dynamodb.usage.creator_rows import creator_hash
from chalicelib.adapters.dynamodb.user_data import user_records
from chalicelib.adapters.dynamodb.user_data.user_records import DynamoDBUserRecords
from chalicelib.core.model.connection import Connection, Participant, Session
from chalicelib.core.model.invitation import Invitation, hash_code, invitation_id_of
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.seats import Seats
from chalicelib.core.model.usage import MediaTime, SessionDay, Usage
from chalicelib.core.model.user import Role
from chalicelib.core.model.user_data.user_record import (
    OUTCOME_KEPT,
    Erasure,
    Part,
    Recording,
    RecordKind,
    UserRecord,
    hash_of_user,
)
from chalicelib.core.model.waiting import WaitingUser
from chalicelib.core.ports.invitation_store import RoomInvitations
from chalicelib.core.ports.quota_store import Period
from chalicelib.core.ports.user_data.user_record_store import SearchPlace
from tests.fakes.stores import Stores
from tests.support.servers.stand_ins import TABLE
from tests.support.stores.engines import Database, Engine
from tests.support.stores.example_rooms import NOON, a_room, soon

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_OPERATORS = 300
"""The number of operators in an expression that DynamoDB takes at most."""
ANN = "auth0|5f7c8ec7c33c6c004bbafe82"
DAY = date(2026, 1, 31)
TOMBSTONE = "erased:0123456789abcdef0123456789abcdef"


def fill(stores: Stores) -> None:
    """Leave a trace of Ann in every kind of record, and one of Bob beside it."""
    settings = RoomSettings(moderators=frozenset({ANN, "bob"}), members=frozenset({ANN}))
    room = a_room("Retro", created_by=ANN, settings=settings)
    stores.rooms.create(room, None, soon())
    after = replace(room, bans={ANN: NOON}, seats=Seats({ANN: {}}, {ANN: NOON}, {"bob": NOON}))
    stores.rooms.compare_and_set(room, after, NOON, soon())
    session = Session(room.session_id, room.name, room.room_id, owner=ANN)
    for number, user in enumerate((ANN, "bob", None)):
        participant = Participant(user, user and f"{user}'s name", Role.PUBLISHER if user else None)
        connection = Connection(f"c{number}", NOON, participant)
        stores.sessions.record_connection(session, connection, soon())
        stores.sessions.record_disconnection(session, connection.id, NOON, soon())
        waits = WaitingUser(f"w{number}", user or "guest:1", "Name", NOON, NOON)
        waiting = stores.waiting.waiting(room, soon())
        stores.waiting.record(room, waiting.recording(waits, NOON), soon())
        code = hash_code(str(number))
        invitation = Invitation(
            id=invitation_id_of(code),
            code_hash=code,
            room_name=room.name,
            room_id=room.room_id,
            role=Role.PUBLISHER,
            created_at=NOON,
            created_by=user or "carol",
            expires_at=NOON + timedelta(days=1),
        )
        listed = stores.invitations.of_room(room.room_id, soon())
        assert isinstance(listed, RoomInvitations)
        stores.invitations.put_new(invitation, listed, [], soon())
        used = Session(f"used-{number}", "Retro", room.room_id, owner=user)
        counted = SessionDay(Usage(participant=9, connections=number + 1, peak=2))
        stores.usage.count(used, DAY, SessionDay(), counted, soon())
        stores.quotas.add(Period(user or "carol", "rooms", NOON), 1, soon())


def records(stores: Stores, user_id: str = ANN) -> dict[RecordKind, UserRecord]:
    found: list[UserRecord] = []
    position: str | None = None
    while True:
        page = stores.user_records.find_records(user_id, position, soon())
        found += page.records
        position = page.next
        if position is None:
            break
    by_kind = {each.kind: each for each in found}
    assert len(by_kind) == len(found)
    return by_kind


def test_each_kind_of_record_is_found_and_holds_what_is_told_of_the_user(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_records, "ITEMS_OF_A_PAGE", 5)
    fill(database.stores)
    found = records(database.stores)
    assert found.keys() == set(RecordKind)
    room, line = found[RecordKind.ROOM], found[RecordKind.CONNECTION]
    everything_but_admin = tuple(each for each in Part if each is not Part.ADMIN)
    assert (room.id, room.parts) == ("Retro", everything_but_admin)
    assert (room.since, room.banned_since) == (NOON, NOON)
    assert (line.name, line.role, line.since, line.until) == (
        f"{ANN}'s name",
        Role.PUBLISHER,
        NOON,
        NOON,
    )
    assert found[RecordKind.USAGE].usage == Usage(participant=9, connections=1, peak=2)
    assert found[RecordKind.USAGE].id == "2026-01-31"
    assert found[RecordKind.WAITING].name == "Name"
    assert found[RecordKind.QUOTA].until == NOON
    assert records(database.stores, "nobody") == {}
    assert records(database.stores, "31") == {}


def test_the_tombstone_takes_the_users_place_and_nobody_elses(database: Database) -> None:
    stores = database.stores
    fill(stores)
    before = records(stores, "bob")
    for kind, record in records(stores).items():
        if kind not in (RecordKind.ROOM, RecordKind.QUOTA):
            assert stores.user_records.anonymize(record, ANN, TOMBSTONE, soon())
    assert records(stores).keys() == {RecordKind.ROOM, RecordKind.QUOTA}
    after = records(stores, TOMBSTONE)
    assert after.keys() == {
        RecordKind.SESSION,
        RecordKind.CONNECTION,
        RecordKind.INVITATION,
        RecordKind.USAGE,
    }
    assert after[RecordKind.CONNECTION].name == TOMBSTONE
    assert after[RecordKind.USAGE].usage == Usage(participant=9, connections=1, peak=2)
    assert records(stores, "bob") == before


class WatchedClient:
    """A client that has each call seen before it is made."""

    def __init__(self, client: "DynamoDBClient", watch: Callable[[str, Any], object]) -> None:
        self._client = client
        self._watch = watch

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**asked: Any) -> Any:
            self._watch(operation, asked)
            return getattr(self._client, operation)(**asked)

        return call


def watched(engine: Engine, watch: Callable[[str, Any], object]) -> DynamoDBUserRecords:
    return DynamoDBUserRecords(cast("DynamoDBClient", WatchedClient(engine.client, watch)), TABLE)


def test_a_sum_that_grows_while_it_moves_to_the_tombstone_is_not_lost(engine: Engine) -> None:
    stores = engine.stores
    fill(stores)
    session = Session("used-0", "Retro", "room", owner=ANN)
    before = stores.usage.counted_days(session.id, [DAY], soon())[DAY]
    after = replace(before, media={"tape": MediaTime("composed", 60_000)})

    def count(operation: str, _: object) -> None:
        if operation == "transact_write_items":
            stores.usage.count(session, DAY, before, after, soon())

    record = records(stores)[RecordKind.USAGE]
    assert not watched(engine, count).anonymize(record, ANN, TOMBSTONE, soon())
    assert stores.user_records.anonymize(record, ANN, TOMBSTONE, soon())
    moved = records(stores, TOMBSTONE)[RecordKind.USAGE].usage
    assert moved == Usage(participant=9, connections=1, peak=2, composed=60_000)


def test_a_row_moves_that_has_more_peaks_than_dynamodb_takes_conditions(engine: Engine) -> None:
    stores = engine.stores
    fill(stores)
    (row,) = (each for each in engine.items() if each["sk"].startswith(creator_hash(ANN)))
    peaks = UpdateBuilder()
    for number in range(3, 200):
        peaks.set(number % 2, f"k{number}")
    key = serialize({"pk": row["pk"], "sk": row["sk"]})
    engine.client.update_item(**peaks.update(TABLE, key))
    seen: list[str] = []
    record = records(stores)[RecordKind.USAGE]
    store = watched(engine, lambda _, asked: seen.append(repr(asked)))
    assert store.anonymize(record, ANN, TOMBSTONE, soon())
    conditions = re.findall(r"'ConditionExpression': '(.*?)'", seen[-1])
    assert conditions
    assert all(each.count("AND") < MOST_OPERATORS / 2 for each in conditions)
    moved = records(stores, TOMBSTONE)[RecordKind.USAGE].usage
    assert moved == Usage(participant=9, connections=1, peak=199)


def test_what_has_changed_since_it_was_read_is_left(engine: Engine) -> None:
    stores = engine.stores
    fill(stores)
    found = records(stores)
    for kind in (RecordKind.SESSION, RecordKind.CONNECTION, RecordKind.WAITING):
        assert stores.user_records.anonymize(found[kind], ANN, TOMBSTONE, soon())
        assert not stores.user_records.anonymize(found[kind], ANN, "erased:other", soon())


def test_a_page_is_found_by_who_came_to_it_for_two_pages(database: Database) -> None:
    store = database.stores.user_records
    places = [SearchPlace("root", ANN, number) for number in (1, 2, 3)]
    for place in places:
        store.save_position(place, f'["room#{place.page}", "room"]', NOON, soon())
    kept = [store.position(place, soon()) for place in places]
    assert kept == [None, '["room#2", "room"]', '["room#3", "room"]']
    assert store.position(SearchPlace("bob", ANN, 3), soon()) is None
    assert store.position(SearchPlace("root", "bob", 3), soon()) is None
    assert records(database.stores, "root") == {}


def test_an_erasure_is_stored_once_and_saved_only_as_it_was_read(database: Database) -> None:
    store, of = database.stores.erasures, hash_of_user(ANN)
    first = Erasure(
        of=of,
        user_id=ANN,
        tombstone=TOMBSTONE,
        by_user=True,
        requested_at=NOON,
        starts_at=NOON,
    )
    assert store.find_erasure(of, soon()) is None
    assert store.begin_erasure(first, soon()) == first
    assert store.begin_erasure(replace(first, tombstone="erased:other"), soon()) == first
    going = replace(
        first,
        position="place",
        passes=1,
        found=2,
        erased=3,
        waits_for=frozenset({"retro"}),
        kept_bans=frozenset({"standup"}),
        recordings=frozenset({Recording("retro", "tape")}),
    )
    saved = store.save_progress(first, going, soon())
    assert saved == replace(going, version=1)
    assert store.save_progress(first, going, soon()) is None
    assert [*store.running(soon())] == [saved] == [store.find_erasure(of, soon())]
    done = replace(saved, user_id=None, tombstone=None, position=None, finished_at=NOON)
    ended = store.save_progress(saved, done, soon())
    assert ended == store.find_erasure(of, soon())
    assert [*store.running(soon())] == []
    assert ANN not in repr(database.snapshot())
    if isinstance(database, Engine):
        assert database.expiry("erasures") == NOON + OUTCOME_KEPT
    assert store.begin_erasure(first, soon()) == first == store.find_erasure(of, soon())
