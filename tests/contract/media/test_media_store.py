"""The media store on every engine: it keeps what is newer, finds, lists, and says what runs."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from chalicelib.core.model.media import Media, MediaCursor, MediaKind
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.support.metrics import Annotation, Metric, recording
from tests.support.servers.stand_ins import TABLE
from tests.support.stores.engines import Database, Engine
from tests.support.stores.example_rooms import MILLISECOND, NOON, soon

ROOM = "room-1"


@pytest.fixture
def media_store(database: Database) -> MediaStore:
    return database.stores.media


def an_archive(media_id: str = "a1", status: str = "started", **changed: object) -> Media:
    archive = Media(
        kind=MediaKind.ARCHIVE,
        id=media_id,
        room_id=ROOM,
        session_id="s1",
        status=status,
        created_at=NOON,
        updated_at=NOON,
        content={"id": media_id, "status": status, "size": 0, "name": None, "ü": [1.5, True]},
    )
    return replace(archive, **changed)  # type: ignore[arg-type]


def test_what_was_kept_is_found_in_its_room_alone(media_store: MediaStore) -> None:
    archive = an_archive()
    assert media_store.save(archive, soon())
    assert media_store.find(ROOM, MediaKind.ARCHIVE, "a1", soon()) == archive
    assert media_store.find("room-2", MediaKind.ARCHIVE, "a1", soon()) is None
    assert media_store.find(ROOM, MediaKind.BROADCAST, "a1", soon()) is None
    assert media_store.find(ROOM, MediaKind.ARCHIVE, "a2", soon()) is None


@pytest.mark.parametrize("order", list(permutations(["started", "stopped", "uploaded"])))
def test_a_status_only_moves_forward_in_whatever_order_it_is_reported(
    order: tuple[str, ...], media_store: MediaStore
) -> None:
    for status in order:
        media_store.save(an_archive(status=status), soon())
    found = media_store.find(ROOM, MediaKind.ARCHIVE, "a1", soon())
    assert found == an_archive(status="uploaded")
    assert media_store.running(ROOM, soon()) == []


def test_between_equals_the_later_update_stands(media_store: MediaStore) -> None:
    paused = an_archive(status="paused", updated_at=NOON + MILLISECOND)
    resumed = an_archive(status="started", updated_at=NOON + 2 * MILLISECOND)
    assert media_store.save(resumed, soon())
    assert not media_store.save(paused, soon())
    assert media_store.save(resumed, soon())
    assert media_store.find(ROOM, MediaKind.ARCHIVE, "a1", soon()) == resumed


def test_what_only_an_earlier_or_a_later_report_tells_is_not_lost(media_store: MediaStore) -> None:
    def told(status: str, **content: object) -> Media:
        return an_archive(status=status, content={"status": status, **content})

    assert media_store.save(told("started", multiArchiveTag="t", size=0), soon())
    assert media_store.save(told("available", size=7, **{"a.b": None}), soon())
    assert not media_store.save(told("stopped", size=3, reason="user initiated"), soon())
    found = media_store.find(ROOM, MediaKind.ARCHIVE, "a1", soon())
    assert found == told(
        "available", multiArchiveTag="t", size=7, reason="user initiated", **{"a.b": None}
    )


def test_what_is_deleted_stays_so_and_is_kept_only_for_a_while(
    media_store: MediaStore, database: Database
) -> None:
    media_store.save(an_archive(), soon())
    media_store.save(an_archive(status="deleted", updated_at=NOON), soon())
    assert not media_store.save(an_archive(status="available"), soon())
    assert media_store.find(ROOM, MediaKind.ARCHIVE, "a1", soon()) is None
    assert media_store.page(ROOM, MediaKind.ARCHIVE, None, 10, soon()).items == ()
    assert database.expiry(f"media#{ROOM}") == NOON + timedelta(hours=48)


def test_nothing_that_was_reported_of_what_is_deleted_stays_nor_is_added_when_it_is_reported_late(
    media_store: MediaStore, engine: Engine
) -> None:
    media_store.save(an_archive(), soon())
    media_store.save(an_archive(status="deleted"), soon())
    late = an_archive(status="available", content={"id": "a1", "url": "https://film.test"})
    assert not media_store.save(late, soon())
    (item,) = engine.client.scan(TableName=TABLE)["Items"]
    assert not [name for name in item if name.startswith("report:")]


def test_a_list_is_newest_first_page_by_page_and_of_one_kind(media_store: MediaStore) -> None:
    for number in range(5):
        began = NOON + number // 2 * MILLISECOND
        media_store.save(an_archive(f"a{number}", created_at=began), soon())
    media_store.save(an_archive("b1", kind=MediaKind.BROADCAST), soon())
    media_store.save(an_archive("c1", room_id="room-2"), soon())

    listed: list[str] = []
    sizes: list[int] = []
    start: MediaCursor | None = None
    while True:
        page = media_store.page(ROOM, MediaKind.ARCHIVE, start, 2, soon())
        listed += [each.id for each in page.items]
        sizes.append(len(page.items))
        start = page.next_cursor
        if start is None:
            break

    assert listed == ["a4", "a3", "a2", "a1", "a0"]
    assert sizes == [2, 2, 1]


def test_a_list_is_in_the_order_of_the_first_creation_reported(media_store: MediaStore) -> None:
    media_store.save(an_archive("a1"), soon())
    media_store.save(an_archive("a2", created_at=NOON + MILLISECOND), soon())
    later = an_archive("a1", status="stopped", created_at=NOON + timedelta(seconds=1))
    media_store.save(later, soon())
    page = media_store.page(ROOM, MediaKind.ARCHIVE, None, 10, soon())
    assert [each.id for each in page.items] == ["a2", "a1"]


def test_the_oldest_come_first_however_many_there_are(media_store: MediaStore) -> None:
    for number in range(120):
        began = NOON - number * MILLISECOND
        media_store.save(an_archive(f"a{number}", status="stopped", created_at=began), soon())
    media_store.save(an_archive("b1", kind=MediaKind.BROADCAST), soon())
    iter_oldest_first = media_store.iter_oldest_first(ROOM, MediaKind.ARCHIVE, soon())
    assert [each.id for each in iter_oldest_first] == [
        f"a{number}" for number in range(119, -1, -1)
    ]


def test_what_runs_is_reported_of_every_kind_until_it_has_ended(media_store: MediaStore) -> None:
    started = {kind: an_archive("m1", kind=kind) for kind in MediaKind}
    for each in started.values():
        media_store.save(each, soon())
    assert {each.kind for each in media_store.running(ROOM, soon())} == set(MediaKind)

    media_store.save(replace(started[MediaKind.BROADCAST], status="failed"), soon())
    media_store.save(replace(started[MediaKind.RENDER], status="stopped"), soon())
    left = {each.kind for each in media_store.running(ROOM, soon())}
    assert left == {MediaKind.ARCHIVE, MediaKind.CAPTIONS}
    assert media_store.running("room-2", soon()) == []


def test_what_is_on_record_wrongly_is_replaced_unless_it_has_changed(
    media_store: MediaStore,
) -> None:
    running = an_archive(kind=MediaKind.BROADCAST)
    ended = replace(running, status="stopped", content={**running.content, "status": "stopped"})
    media_store.save(ended, soon())

    for changed in (replace(ended, status="failed"), replace(ended, updated_at=NOON + MILLISECOND)):
        assert not media_store.save(running, soon(), replacing=changed)
        assert media_store.running(ROOM, soon()) == []
    assert media_store.save(running, soon(), replacing=ended)

    assert media_store.running(ROOM, soon()) == [running]
    assert media_store.find(ROOM, MediaKind.BROADCAST, "a1", soon()) == running


def test_how_it_stands_is_kept_where_no_more_of_what_was_reported_can_be(
    media_store: MediaStore,
) -> None:
    large = {f"field-{number}": "a" * 30_000 for number in range(13)}
    media_store.save(an_archive(content=large), soon())

    more = {"more": "b" * 30_000}
    assert media_store.save(an_archive(status="stopped", content=more), soon())
    assert not media_store.save(an_archive(content=more), soon())

    found = media_store.find(ROOM, MediaKind.ARCHIVE, "a1", soon())
    assert found == an_archive(status="stopped", content=large)


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("status", None),
        ("sessionId", None),
        ("createdAt", {"N": "9" * 30}),
        ("updatedAt", None),
        ("report:id", {"S": "{"}),
        ("report:id", {"N": "1"}),
    ],
)
def test_one_that_cannot_be_read_hides_no_other(
    media_store: MediaStore, engine: Engine, name: str, odd: Any
) -> None:
    media_store.save(an_archive("odd"), soon())
    item = engine.client.scan(TableName=TABLE)["Items"][0]
    item.pop(name, None)
    engine.client.put_item(TableName=TABLE, Item=item if odd is None else item | {name: odd})
    media_store.save(an_archive(), soon())

    with recording() as collected:
        assert media_store.find(ROOM, MediaKind.ARCHIVE, "odd", soon()) is None
        shown = media_store.page(ROOM, MediaKind.ARCHIVE, None, 1, soon())
        oldest = list(media_store.iter_oldest_first(ROOM, MediaKind.ARCHIVE, soon()))
        running = media_store.running(ROOM, soon())

    assert [each.id for each in (*shown.items, *oldest, *running)] == ["a1"] * 3
    assert Metric("MediaUnreadable", 1, timed=False) in collected
    assert Annotation("unreadable", f"media#{ROOM} archive#odd") in collected
