"""`make rooms`, `make who` and `make free`: their texts, and the question before a change."""

import io
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta

import pytest

from chalicelib.core.model.user import User
from chalicelib.core.rooms.operation.room_figures import RoomFigures
from chalicelib.errors import ProviderRefused
from deploy.errors import DeployError
from deploy.operation.freeing import Freeing
from deploy.operation.occupants import PAGE, Occupants
from deploy.operation.rooms import PAGE as ROOMS_OF_A_PAGE
from deploy.operation.rooms import Rooms
from tests.core.rooms.test_freeing import repair_of
from tests.fakes.service import ALICE, BOB, CAROL, Service


class Answering:
    """An operator who answers each question with one word."""

    def __init__(self, word: str) -> None:
        self._word = word

    def present(self) -> bool:
        return True

    def credentials(self) -> dict[str, str]:
        raise AssertionError

    def confirms(self, question: str, word: str) -> bool:
        del question
        return self._word == word


@pytest.fixture
def service() -> Service:
    return Service()


def who(service: Service, name: str = "standup", after: str = "") -> str:
    stores, out = service.stores, io.StringIO()
    people = Occupants("prod", stores.rooms, stores.sessions, stores.waiting, service.clock)
    people.report(name, after, out)
    return out.getvalue()


def repaired(
    service: Service, run: Callable[[Freeing], None], answer: str = "standup"
) -> tuple[str, DeployError | None]:
    out = io.StringIO()
    try:
        run(Freeing("prod", repair_of(service), Answering(answer), nullcontext, out))
    except DeployError as refusal:
        return out.getvalue(), refusal
    return out.getvalue(), None


def listed(service: Service, after: str = "") -> tuple[list[str], str | None]:
    """Return the lines of a page, and the place of the next one."""
    out = io.StringIO()
    figures = RoomFigures(service.stores.sessions, service.stores.media)
    Rooms("prod", service.stores.directory, figures, service.clock).report(after, out)
    *lines, last = out.getvalue().splitlines()
    if "The next page" in last:
        return lines, last.partition("AFTER=")[2]
    return [*lines, last], None


def test_rooms_are_listed_live_ones_first_and_fullest_first(service: Service) -> None:
    for name in ("quiet", "small", "large"):
        service.open(name)
    service.enter(BOB, "small")
    service.enter(BOB, "large")
    service.enter(CAROL, "large")
    service.use_cases.media().record_archives.start(ALICE, "small", {}, service.deadline)
    service.clock.forward(minutes=2)
    service.reconcile()
    lines, following = listed(service)
    assert following is None
    assert lines[0] == "Live rooms, by their last check: 2"
    assert lines[1].split() == ["large", "2", "connections", "0", "recordings", "open"]
    assert lines[2].split() == ["small", "1", "connections", "1", "recordings", "open"]
    assert lines[3] == "Other rooms:"
    assert lines[4].split()[:3] == ["quiet", "open", "since"]
    assert lines[4].endswith("by alice")


@pytest.mark.parametrize("live", [0, 3, ROOMS_OF_A_PAGE, ROOMS_OF_A_PAGE + 3])
def test_each_room_is_on_one_page(service: Service, live: int) -> None:
    names = {f"room-{number}" for number in range(live + 2 * ROOMS_OF_A_PAGE)}
    for number, name in enumerate(sorted(names)):
        service.open(name)
        if number < live:
            service.enter(BOB, name)
    service.clock.forward(minutes=2)
    service.reconcile()
    seen: list[str] = []
    after: str | None = ""
    for _ in range(20):
        assert after is not None
        lines, after = listed(service, after)
        rooms = [line.split()[0] for line in lines if line.startswith("  ")]
        assert len(rooms) <= ROOMS_OF_A_PAGE
        seen += rooms
        if after is None:
            break
    assert (len(seen), set(seen)) == (len(names), names)


def test_a_place_that_is_none_is_refused(service: Service) -> None:
    with pytest.raises(DeployError, match="no place"):
        listed(service, "others.nonsense")


def test_who_shows_people_seats_and_whoever_waits(service: Service) -> None:
    service.open(max_participants=5, waiting_room=True)
    service.enter(ALICE)
    code = service.invite().code
    assert service.refusal_of_guest(code) == "must_wait"
    assert service.refusal(BOB) == "must_wait"
    printed = who(service)
    assert "Room standup: open, session " in printed
    assert "In now, by the record (1):" in printed
    (alice,) = (line for line in printed.splitlines() if line.startswith("  alice "))
    assert "moderator     since 2026-" in alice
    assert "watching" in alice
    assert "Seats: 1 of 5, 0 without a connection:" in printed
    assert "Waiting for a moderator (2):" in printed
    assert "guest, since 2026-" in printed
    assert any(line.startswith("  bob ") and "user, since" in line for line in printed.splitlines())


def test_who_shows_seats_without_a_connection_until_they_lapse(service: Service) -> None:
    service.open(max_participants=3)
    service.join(BOB)
    assert "Seats: 1 of 3, 1 without a connection:\n  bob " in who(service)
    assert "kept until 2026-" in who(service)
    service.clock.now += timedelta(minutes=3)
    assert "lapsed" in who(service)


def test_who_shows_a_large_room_page_by_page(service: Service) -> None:
    service.open()
    for _ in range(PAGE + 1):
        service.enter(BOB)
    first = who(service)
    assert f"({PAGE} and more):" in first
    (after,) = (
        line.partition("AFTER=")[2] for line in first.splitlines() if "The next page" in line
    )
    second = who(service, after=after)
    assert "In now, by the record (1):" in second


def test_a_name_moves_no_cursor_on_the_operators_screen(service: Service) -> None:
    service.open()
    service.enter(User("bob", name="\x1b[2JBob"))
    printed = who(service)
    assert "\x1b" not in printed
    assert "[2JBob" in printed


@pytest.mark.parametrize("name", ["nowhere", "", "a b"])
def test_a_room_that_does_not_exist_is_named_with_what_to_do(service: Service, name: str) -> None:
    with pytest.raises(DeployError) as refusal:
        who(service, name)
    assert "ROOM=standup" in refusal.value.remedy or "make rooms" in refusal.value.remedy
    _, refused = repaired(service, lambda freeing: freeing.free(name))
    assert str(refused) == str(refusal.value)


def test_free_says_what_it_would_do_and_does_it_after_the_answer(service: Service) -> None:
    service.open(max_participants=2)
    gone = service.enter(BOB)
    service.join(CAROL)
    service.leave_unreported(gone)
    service.clock.forward(seconds=11)

    shown, refusal = repaired(service, lambda freeing: freeing.free("standup"), "no")
    assert str(refusal) == "Nothing was changed."
    assert "2 of 2 seats taken, and OpenTok lists 0 connections." in shown
    assert "OpenTok lists nobody." in shown
    assert "  gone    bob" in shown
    assert "Remove 1 connection from the record, and free 2 seats?" in shown
    assert len(service.room().seats.connections) == 2

    done, refusal = repaired(service, lambda freeing: freeing.free("standup"))
    assert refusal is None
    assert done.endswith("Removed 1 connection from the record, and freed 2 seats.\n")
    again, _ = repaired(service, lambda freeing: freeing.free("standup"))
    assert again.endswith("There is nothing to free.\n")


def test_free_points_to_lost_callbacks(service: Service) -> None:
    service.open()
    service.connect_unreported(service.join(BOB).token.text)
    shown, _ = repaired(service, lambda freeing: freeing.free("standup"))
    assert "1 connection that OpenTok lists: not on record" in shown


def test_a_call_ends_after_the_answer_alone(service: Service) -> None:
    before = service.open()
    service.enter(BOB)
    shown, refusal = repaired(service, lambda freeing: freeing.end("standup"), "yes")
    assert "Disconnect all 1, and give the room a new session?" in shown
    assert refusal is not None
    assert service.room().session_id == before.session_id
    done, _ = repaired(service, lambda freeing: freeing.end("standup"))
    assert done.endswith("The call in standup has ended.\n")
    assert service.room().session_id != before.session_id


def test_a_client_that_opentok_does_not_disconnect_in_time_is_said_so(service: Service) -> None:
    service.open()
    service.enter(BOB)
    service.opentok.faults.fail_next("disconnect")
    done, _ = repaired(service, lambda freeing: freeing.end("standup"))
    assert "reconciliation does it within two minutes" in done


def test_credentials_that_opentok_refuses_are_said_so_with_what_to_do(service: Service) -> None:
    service.open()
    service.opentok.faults.fail_next("connections", ProviderRefused("No.", note="403"))
    _, refusal = repaired(service, lambda freeing: freeing.free("standup"))
    assert refusal is not None
    assert "make secret STAGE=prod" in refusal.remedy


def test_free_says_that_a_held_seat_may_be_of_somebody_who_is_in_unheard(service: Service) -> None:
    service.open(max_participants=2)
    service.connect_unreported(service.join(BOB).token.text)
    printed, _ = repaired(service, lambda freeing: freeing.free("standup"))
    assert "1 connection that OpenTok lists: not on record" in printed
    assert "whoever it is may be in one of these seats" in printed


def test_free_says_nothing_of_that_where_everybody_is_on_record(service: Service) -> None:
    service.open(max_participants=2)
    service.join(BOB)
    printed, _ = repaired(service, lambda freeing: freeing.free("standup"))
    assert "may be in one of these seats" not in printed
