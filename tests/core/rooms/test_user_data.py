"""Users' data on the fakes: shown, and erased, whatever is interrupted."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.api.user_data_routes import REMAINS
from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.model.usage import SessionDay, Usage, day_of
from chalicelib.core.model.user import ERASED_PREFIX, User
from chalicelib.core.model.user_data.user_record import (
    Erasure,
    Part,
    Recording,
    RecordKind,
    UserRecord,
)
from chalicelib.core.model.waiting import WaitingList, WaitingUser, waiting_id
from chalicelib.core.ports.room_store import MAX_ATTEMPTS
from chalicelib.errors import InvalidField, NotAnAdmin, QuotaExceeded, StoreUnavailable
from tests.fakes.memory.records import SessionRecord
from tests.fakes.service import ALICE, BOB, CAROL, ROOT, Service
from tests.support.noon import NOON

ANN = User("ann", "Ann Example")


def all_pages(service: Service, caller: User, user_id: str) -> list[UserRecord]:
    number: int | None = 0
    found: list[UserRecord] = []
    while number is not None:
        show = service.use_cases.user_data().show
        page = show.page(caller, user_id, number, service.deadline)
        found += page.records
        number = page.next_page
    return found


def held(service: Service, user_id: str = "ann") -> list[UserRecord]:
    """The records of a user, without counts that end by themselves."""
    every = all_pages(service, ROOT, user_id)
    return [each for each in every if each.kind is not RecordKind.QUOTA]


def ask(service: Service, caller: User = ROOT, user_id: str = "ann") -> Erasure:
    return service.use_cases.user_data().erase.request(caller, user_id, service.deadline)


def run(service: Service) -> None:
    """Run the scheduled function once."""
    service.use_cases.scheduled().erase_users.run(service.deadline)


def work(service: Service) -> None:
    """Run the scheduled function, and once more a minute later."""
    run(service)
    service.clock.forward(minutes=1)
    run(service)


def outcome(service: Service, user_id: str = "ann") -> Erasure:
    page = service.use_cases.user_data().show.page(ROOT, user_id, 0, service.deadline)
    assert page.erasure is not None
    return page.erasure


@pytest.fixture
def service() -> Iterator[Service]:
    """A service in which Ann did all that leaves a trace, and has left."""
    service = Service()
    service.open("retro", ANN, members=frozenset({"ann", "bob"}))
    service.open(moderators=frozenset({"alice", "ann"}), max_participants=3)
    service.open("banned")
    service.ban("ann", "banned")
    service.open("waiting", waiting_room=True)
    service.invite("retro", ANN)
    service.leave(service.enter(ANN, "retro"))
    service.join(ANN, "standup")
    service.leave(service.enter(User("root2", admin=True), "standup"))
    room = service.room("waiting")
    own = waiting_id(room.session_id, "ann")
    waits = WaitingUser(own, "ann", "Ann Example", NOON, NOON)
    service.stores.waiting.record(room, WaitingList().recording(waits, NOON), service.deadline)
    service.table.sessions["earlier"] = SessionRecord("retro", "room-0", "ann", started=NOON)
    for _ in range(2):
        service.clock.forward(seconds=70)
        service.reconcile()
    service.stores.media.save(
        Media(
            MediaKind.ARCHIVE,
            "tape",
            service.room("retro").room_id,
            service.room("retro").session_id,
            "available",
            NOON - timedelta(seconds=5),
            NOON + timedelta(hours=1),
            {},
        ),
        service.deadline,
    )
    yield service
    assert service.unused_plans() == []


def test_all_that_is_held_of_a_user_is_shown_to_admins_and_to_the_user_alone(
    service: Service,
) -> None:
    found = held(service)
    assert {each.kind for each in found} == set(RecordKind) - {RecordKind.QUOTA}
    parts = {each.id: each.parts for each in found if each.kind is RecordKind.ROOM}
    assert parts == {
        "retro": (Part.CREATOR, Part.MODERATOR, Part.MEMBER),
        "standup": (Part.MODERATOR, Part.SEATED),
        "banned": (Part.BANNED,),
    }
    own = [each for each in all_pages(service, ANN, "ann") if each.kind is not RecordKind.QUOTA]
    assert own == found
    with pytest.raises(NotAnAdmin):
        all_pages(service, BOB, "ann")
    with pytest.raises(NotAnAdmin):
        ask(service, BOB)


def test_the_recordings_of_a_users_times_are_listed(service: Service) -> None:
    number: int | None = 0
    listed: list[Recording] = []
    while number is not None:
        page = service.use_cases.user_data().show.page(ROOT, "ann", number, service.deadline)
        listed += page.recordings
        number = page.next_page
    assert listed == [Recording("retro", "tape")]
    ask(service)
    work(service)
    assert outcome(service).recordings == {Recording("retro", "tape")}


def test_an_erasure_leaves_nothing_of_the_user_and_all_of_the_others(service: Service) -> None:
    others = held(service, "alice"), held(service, "bob"), service.room("retro").room_id
    names = {each.kind for each in held(service) if each.name is not None}
    assert names == {RecordKind.CONNECTION, RecordKind.WAITING}
    assert ask(service).finished_at is None
    work(service)
    assert held(service) == []
    after = outcome(service)
    assert (after.user_id, after.tombstone) == (None, None)
    assert after.finished_at is not None
    assert "Ann Example" not in repr(service.table.snapshot())
    assert (held(service, "alice"), held(service, "bob"), service.room("retro").room_id) == others
    tombstone = service.room("retro").created_by or ""
    assert tombstone.startswith(ERASED_PREFIX)
    assert service.room("retro").settings.members == frozenset({tombstone, "bob"})
    assert service.room("standup").settings.moderators == {"alice", tombstone}
    assert service.room("banned").bans.keys() == {tombstone}
    lines = {each.kind for each in held(service, tombstone)}
    assert lines == set(RecordKind) - {RecordKind.QUOTA, RecordKind.WAITING}


def test_a_repeated_report_of_the_end_does_not_bring_the_user_back(service: Service) -> None:
    connection_id = service.enter(ANN, "retro")
    service.opentok.leave(connection_id)
    again = list(service.opentok.events)
    service.deliver()
    ask(service)
    work(service)
    assert held(service) == []
    service.opentok.events += again
    service.deliver()
    assert held(service) == []
    assert "Ann Example" not in repr(service.table.snapshot())


STEPS = [
    "records_page",
    "anonymize_session",
    "anonymize_connection",
    "anonymize_invitation",
    "anonymize_waiting",
    "anonymize_usage",
    "free",
    "compare_and_set",
    "save_erasure",
    "running_erasures",
]


@pytest.mark.parametrize("how", ["fails", "loses its answer"])
@pytest.mark.parametrize("step", STEPS)
def test_an_erasure_that_was_interrupted_at_any_step_is_finished_by_the_next_run(
    service: Service, step: str, how: str
) -> None:
    ask(service)
    if how == "fails":
        service.table.faults.fail_next(step)
    else:
        service.table.faults.lose_answer(step)
    with pytest.raises(StoreUnavailable):
        run(service)
    work(service)
    assert held(service) == []
    assert outcome(service).finished_at is not None
    assert outcome(service).recordings == {Recording("retro", "tape")}


def test_a_connected_user_stays_connected_and_is_erased_once_they_have_left(
    service: Service,
) -> None:
    first, second = service.enter(ANN, "retro"), service.enter(ANN, "standup")
    ask(service)
    work(service)
    service.reconcile()
    assert (first in service.connected("retro"), second in service.connected()) == (True, True)
    assert outcome(service).waits_for == {"retro", "standup"}
    assert service.recorded("retro")[first] == "ann"
    assert "ann" in (service.room("retro").settings.members or ())
    service.leave(first)
    service.leave(second)
    service.clock.forward(minutes=59)
    run(service)
    assert outcome(service).finished_at is None
    service.clock.forward(minutes=1)
    work(service)
    assert held(service) == []
    assert outcome(service).finished_at is not None


def test_an_erasure_ends_even_if_the_user_never_leaves(service: Service) -> None:
    service.enter(ANN, "retro")
    ask(service)
    for _ in range(60):
        work(service)
        service.clock.forward(hours=1)
    assert outcome(service).finished_at is not None
    assert outcome(service).waits_for == {"retro"}


def test_users_who_ask_themselves_stay_banned(service: Service) -> None:
    service.open("lobby2")
    ask(service, ANN)
    work(service)
    assert outcome(service).kept_bans == {"banned"}
    assert [each.id for each in held(service)] == ["banned"]
    assert service.refusal(ANN, "banned") == "banned"
    ask(service, ROOT)
    work(service)
    assert held(service) == []


def test_a_repeated_request_says_how_far_it_is_and_begins_anew_after_the_end(
    service: Service,
) -> None:
    first = ask(service)
    assert ask(service) == first
    work(service)
    again = ask(service)
    assert again.user_id == "ann"
    assert again.tombstone != first.tombstone
    work(service)
    assert outcome(service).erased == 0


def test_two_at_work_on_one_erasure_both_end_well(service: Service) -> None:
    erasure = ask(service)
    other = service.another_instance().user_data().erase
    service.table.faults.before_next("save_erasure", lambda: other.work(erasure, service.deadline))
    work(service)
    work(service)
    assert held(service) == []
    assert outcome(service).finished_at is not None


def test_a_check_that_had_read_the_creator_before_does_not_bring_them_back(
    service: Service,
) -> None:
    read_before = service.stores.sessions.session(
        service.room("retro").session_id, service.deadline
    )
    assert read_before is not None
    ask(service)
    run(service)
    assert held(service) == []
    counted, day = SessionDay(Usage(participant=9)), day_of(service.clock()) + timedelta(days=1)
    service.stores.usage.count(read_before, day, SessionDay(), counted, service.deadline)
    assert {each.kind for each in held(service)} == {RecordKind.USAGE}
    service.clock.forward(minutes=1)
    work(service)
    assert held(service) == []
    assert outcome(service).finished_at is not None


def test_an_erasure_that_fails_stops_no_other(service: Service) -> None:
    ask(service)
    ask(service, BOB, "bob")
    service.table.faults.fail_next("records_page")
    with pytest.raises(StoreUnavailable):
        run(service)
    erased = {user_id: outcome(service, user_id).erased for user_id in ("ann", "bob")}
    assert sorted(each > 0 for each in erased.values()) == [False, True]


def test_a_tombstone_is_not_erased_again(service: Service) -> None:
    with pytest.raises(InvalidField, match="erased"):
        ask(service, ROOT, f"{ERASED_PREFIX}abc")


def test_users_may_search_and_erase_only_so_often_in_a_day(service: Service) -> None:
    for _ in range(3):
        ask(service, CAROL, "carol")
        work(service)
    with pytest.raises(QuotaExceeded):
        ask(service, CAROL, "carol")
    period = next(key for key in service.table.usage if key[0] == "carol")
    assert period[1].startswith("erasures#")
    used = service.table.usage[period]
    service.table.usage["carol", period[1].replace("erasures", "searches")] = replace(
        used, count=1000
    )
    with pytest.raises(QuotaExceeded):
        all_pages(service, CAROL, "carol")
    assert held(service, "carol") == []


def test_a_page_that_nobody_came_to_is_refused(service: Service) -> None:
    with pytest.raises(InvalidField, match="cursor"):
        service.use_cases.user_data().show.page(ALICE, "alice", 7, service.deadline)


@pytest.mark.parametrize(
    "word",
    ["Log", "Backups", "Recordings", "quotas", "decisions", "invitation", "tokens", "OpenTok"],
)
def test_an_erasure_says_what_it_leaves(word: str) -> None:
    assert any(word in sentence for sentence in REMAINS)


def test_a_room_that_is_gone_before_its_turn_holds_nobody_back(service: Service) -> None:
    ask(service)
    service.table.faults.before_next("find", lambda: service.table.rooms.pop("retro", None))
    work(service)
    assert "retro" not in service.table.rooms
    assert held(service) == []


def test_a_room_that_is_gone_before_its_change_is_left(service: Service) -> None:
    ask(service)
    service.table.faults.before_next("compare_and_set", service.table.rooms.clear)
    work(service)
    assert held(service) == []


def test_a_change_of_the_room_meanwhile_is_kept_and_the_seat_is_freed(service: Service) -> None:
    ask(service)
    changed = {"max_participants": 9}
    service.table.faults.before_next("free", lambda: service.change(changed))
    work(service)
    assert service.room().settings.max_participants == 9
    assert "ann" not in service.room().seats.connections


def test_a_room_whose_name_somebody_else_has_meanwhile_is_left(service: Service) -> None:
    ask(service)

    def opened_anew() -> None:
        service.close()
        service.open(max_participants=2)

    service.table.faults.before_next("free", opened_anew)
    run(service)
    assert service.room().settings.moderators == {"alice"}


def test_a_room_that_changes_all_the_time_is_done_by_a_later_run(service: Service) -> None:
    ask(service)
    sizes = iter(range(4, 100))
    service.table.faults.before_next(
        "free", lambda: service.change({"max_participants": next(sizes)}), times=MAX_ATTEMPTS
    )
    with pytest.raises(StoreUnavailable):
        run(service)
    work(service)
    assert held(service) == []


def test_the_time_of_an_admin_is_erased_without_a_seat(service: Service) -> None:
    service.open("watched", max_participants=3)
    service.leave(service.enter(User("ann", admin=True), "watched"))
    service.clock.forward(minutes=5)
    service.reconcile()
    ask(service)
    work(service)
    room = service.room("watched")
    assert "ann" not in {*room.admins_until, *room.seats.connections}
    assert held(service) == []


def test_many_records_are_listed_page_by_page_and_a_page_only_once(service: Service) -> None:
    for number in range(60):
        service.table.sessions[f"session-{number}"] = SessionRecord(
            "retro", "room-0", "ann", started=NOON
        )
    show = service.use_cases.user_data().show
    first = show.page(ROOT, "ann", 0, service.deadline)
    assert first.next_page is not None
    assert len(all_pages(service, ROOT, "ann")) > 60
