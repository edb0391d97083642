"""`make who` and `make free`: what they print, and that they ask before they change anything."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core.model.user import User
from chalicelib.errors import ProviderRefused
from deploy.errors import DeployError
from deploy.operation.freeing import Freeing
from deploy.operation.occupants import PAGE, Occupants
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
        run(Freeing("prod", repair_of(service), Answering(answer), out))
    except DeployError as refusal:
        return out.getvalue(), refusal
    return out.getvalue(), None


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
    assert "  gone    bob" in shown
    assert "Remove 1 connections from the record, and free 2 seats?" in shown
    assert len(service.room().seats.connections) == 2

    done, refusal = repaired(service, lambda freeing: freeing.free("standup"))
    assert refusal is None
    assert done.endswith("Removed 1 connections from the record, and freed 2 seats.\n")
    again, _ = repaired(service, lambda freeing: freeing.free("standup"))
    assert again.endswith("There is nothing to free.\n")


def test_free_points_to_lost_callbacks(service: Service) -> None:
    service.open()
    service.connect_unreported(service.join(BOB).token.text)
    shown, _ = repaired(service, lambda freeing: freeing.free("standup"))
    assert "1 connections that OpenTok lists are not on record" in shown


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
