"""Reconciliation of connections with OpenTok, after lost callbacks."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core.model.connection import Connection
from chalicelib.core.model.seats import GRACE, Seats
from chalicelib.core.model.user import Role, User
from chalicelib.core.sessions.check_intervals import CHECK_EVERY
from chalicelib.core.sessions.reconcile_connections import MAX_UNASSIGNED, UNKNOWN_AFTER
from chalicelib.core.support.metrics import Metric, recording
from chalicelib.errors import ProviderRefused, ProviderUnavailable, RoomkeyError
from tests.fakes.service import BOB, CAROL, Service
from tests.support.noon import NOON

AWAY = ProviderUnavailable("OpenTok is away.")


REFUSED = ProviderRefused("OpenTok refuses.")


@pytest.mark.parametrize("cap", [None, 1], ids=["uncapped", "capped"])
def test_who_left_unheard_goes_from_the_record_and_their_seat_is_free(
    service: Service, cap: int | None
) -> None:
    service.open(max_participants=cap)
    bob = service.enter(BOB)
    service.clock.forward(minutes=2)
    service.leave_unreported(bob)
    assert service.recorded() == {bob: "bob"}

    service.reconcile()

    assert service.recorded() == {}
    service.clock.now += GRACE
    assert service.refusal(CAROL) is None


@pytest.mark.parametrize(("seconds", "stays"), [(9, True), (10, False)])
def test_a_record_is_compared_once_opentoks_list_can_lag_behind_it_no_more(
    service: Service, seconds: int, stays: bool
) -> None:
    service.open()
    service.clock.forward(minutes=2)
    bob = service.enter(BOB)
    service.leave_unreported(bob)
    service.clock.forward(seconds=seconds)
    service.reconcile()
    assert service.recorded() == ({bob: "bob"} if stays else {})


def test_streams_that_ended_unheard_go(service: Service) -> None:
    room = service.open()
    bob = service.enter(BOB)
    ended, stands = service.opentok.publish(bob), service.opentok.publish(bob)
    service.deliver()
    service.clock.forward(minutes=2)
    service.opentok.unpublish(ended)
    service.opentok.events.clear()
    service.reconcile()
    (shown,) = service.stores.sessions.connections(room.session_id, service.deadline)
    assert [stream.id for stream in shown.streams] == [stands]


def shown_streams(service: Service) -> dict[str, list[str]]:
    """Return the ids of the streams on record by connection, without silent connections."""
    session_id = service.room().session_id
    connections = service.stores.sessions.connections(session_id, service.deadline)
    shown = {each.id: [stream.id for stream in each.streams] for each in connections}
    return {connection: streams for connection, streams in shown.items() if streams}


def unassigned(service: Service) -> list[str]:
    session = service.use_cases.session_tracker.find(service.room().session_id, service.deadline)
    assert session is not None
    return [each.id for each in session.unassigned_streams]


def test_a_stream_that_began_unheard_is_recorded_of_the_only_one_who_may_publish(
    service: Service,
) -> None:
    service.open()
    bob = service.enter(BOB)
    service.enter(CAROL, role=Role.SUBSCRIBER)
    stream = service.opentok.publish(bob, "Bob", "screen")
    service.opentok.events.clear()
    service.clock.forward(minutes=2)
    with recording() as counts:
        service.reconcile()
    assert shown_streams(service) == {bob: [stream]}
    assert unassigned(service) == []
    assert Metric("MissingStreamsFound", 1, timed=False) in counts


def test_of_two_who_may_publish_neither_is_given_a_stream_that_began_unheard_and_it_counts(
    service: Service,
) -> None:
    service.open()
    bob, _ = service.enter(BOB), service.enter(CAROL)
    stream = service.opentok.publish(bob)
    service.opentok.events.clear()
    service.clock.forward(minutes=2)
    service.reconcile()
    assert shown_streams(service) == {}
    assert unassigned(service) == [stream]
    counts = service.use_cases.read_presence.counts(service.room(), service.deadline)
    assert [each.id for each in counts.unassigned_streams] == [stream]
    assert (counts.counts.publishing, counts.streams) == (0, 1)


def test_a_stream_is_not_given_to_one_client_while_another_is_not_on_record(
    service: Service,
) -> None:
    service.open()
    bob = service.enter(BOB)
    carol = service.connect_unreported(service.join(CAROL).token.text)
    stream = service.opentok.publish(carol)
    service.opentok.events.clear()
    for _ in range(2):
        service.clock.forward(minutes=2)
        service.reconcile()
    assert set(service.recorded()) == {bob, carol}
    assert shown_streams(service) == {}
    assert unassigned(service) == [stream]


def test_a_stream_of_a_client_who_comes_between_two_lists_is_not_given_to_another(
    service: Service,
) -> None:
    service.open()
    service.enter(BOB)
    token = service.join(CAROL).token.text
    service.clock.forward(minutes=2)

    def carol_comes() -> None:
        service.opentok.publish(service.connect_unreported(token))
        service.opentok.events.clear()

    service.opentok.faults.before_next("streams", carol_comes)
    service.reconcile()
    assert shown_streams(service) == {}
    assert len(unassigned(service)) == 1


@pytest.mark.parametrize("failure", [AWAY, REFUSED], ids=["away", "refused"])
def test_while_streams_cannot_be_asked_about_connections_are_compared_all_the_same(
    service: Service, failure: RoomkeyError
) -> None:
    service.open()
    bob, carol = service.enter(BOB), service.enter(CAROL)
    service.opentok.publish(bob)
    service.deliver()
    service.clock.forward(minutes=2)
    service.leave_unreported(carol)
    service.opentok.faults.fail_next("streams", failure)
    with recording() as counts:
        service.reconcile()
    assert set(service.recorded()) == {bob}
    assert len(shown_streams(service)[bob]) == 1
    failed = {each.name for each in counts if isinstance(each, Metric)}
    assert failed & {"ReconciliationFailed", "ReconciliationRefused"}


@pytest.mark.parametrize("ends", ["stream", "callback", "everybody"])
def test_a_stream_without_a_connection_goes_when_it_ends_or_is_reported_after_all(
    service: Service, ends: str
) -> None:
    service.open()
    bob, carol = service.enter(BOB), service.enter(CAROL)
    stream = service.opentok.publish(bob)
    (late,) = service.opentok.events
    service.opentok.events.clear()
    service.clock.forward(minutes=2)
    service.reconcile()
    assert unassigned(service) == [stream]
    if ends == "stream":
        service.opentok.unpublish(stream)
    elif ends == "callback":
        service.opentok.events.append(late)
        service.deliver()
    else:
        service.opentok.leave(bob)
        service.opentok.leave(carol)
        service.deliver()
    service.opentok.events.clear()
    service.clock.forward(minutes=2)
    service.reconcile()
    assert unassigned(service) == []
    assert shown_streams(service) == ({bob: [stream]} if ends == "callback" else {})


@pytest.mark.parametrize("ends", [False, True])
def test_a_stream_whose_callback_comes_during_or_after_a_check_is_shown_once(
    service: Service, *, ends: bool
) -> None:
    service.open()
    bob, _ = service.enter(BOB), service.enter(CAROL)
    service.clock.forward(minutes=2)

    def bob_publishes() -> None:
        service.opentok.publish(bob)
        service.deliver()

    service.opentok.faults.before_next("streams", bob_publishes)
    slow = service.opentok.publish(bob)
    (late,) = service.opentok.events
    service.opentok.events.clear()
    service.use_cases.scheduled().reconcile_sessions.run(service.deadline)
    assert unassigned(service) == [slow]
    service.opentok.events.append(late)
    if ends:
        service.opentok.unpublish(slow)
    service.deliver()
    assert unassigned(service) == []
    counts = service.use_cases.read_presence.counts(service.room(), service.deadline)
    assert counts.streams == (1 if ends else 2)


def test_no_more_streams_without_a_connection_are_kept_than_a_record_can_hold(
    service: Service,
) -> None:
    service.open()
    bob, _ = service.enter(BOB), service.enter(CAROL)
    for _ in range(MAX_UNASSIGNED + 5):
        service.opentok.publish(bob)
    service.opentok.events.clear()
    service.clock.forward(minutes=2)
    service.reconcile()
    assert len(unassigned(service)) == MAX_UNASSIGNED


def test_the_names_of_streams_without_a_connection_are_cut_like_those_of_others(
    service: Service,
) -> None:
    service.open()
    bob, _ = service.enter(BOB), service.enter(CAROL)
    service.opentok.publish(bob, "\u20ac" * 5000)
    service.opentok.events.clear()
    for _ in range(2):
        service.clock.forward(minutes=2)
        service.reconcile()
    session = service.use_cases.session_tracker.find(service.room().session_id, service.deadline)
    assert session is not None
    assert [each.name for each in session.unassigned_streams] == ["\u20ac" * 21]


@pytest.mark.parametrize(
    ("change", "stays"),
    [
        (lambda _: None, True),
        (lambda service: service.change({"max_participants": 9}), False),
        (lambda service: service.change(locked=True), False),
        (lambda service: service.change({"members": frozenset({"bob", "carol"})}), False),
        (lambda service: service.ban("dora"), False),
    ],
)
def test_who_came_unheard_is_recorded_after_a_minute_and_leaves_where_anybody_is_kept_out(
    service: Service, change: Callable[[Service], object], stays: bool
) -> None:
    service.open()
    carol = service.enter(CAROL)
    unknown = service.connect_unreported(service.join(BOB).token.text)
    change(service)
    service.clock.forward(minutes=2)
    service.reconcile()
    assert service.connected() == ({carol, unknown} if stays else {carol})
    assert service.recorded() == {carol: "carol"} | ({unknown: None} if stays else {})


def test_a_connection_of_less_than_a_minute_is_left_to_its_callback(service: Service) -> None:
    service.open()
    carol = service.enter(CAROL)
    service.clock.forward(minutes=2)
    service.reconcile()
    service.clock.now += CHECK_EVERY - UNKNOWN_AFTER + timedelta(seconds=1)
    unknown = service.connect_unreported(service.join(BOB).token.text)
    service.clock.now += UNKNOWN_AFTER - timedelta(seconds=1)
    before = service.opentok.faults.calls["connections"]
    service.reconcile()
    assert service.opentok.faults.calls["connections"] == before + 1  # the session was due
    assert service.recorded() == {carol: "carol"}
    service.clock.now += CHECK_EVERY
    service.reconcile()
    assert service.recorded() == {carol: "carol", unknown: None}


def test_who_came_first_into_a_new_room_is_found_though_nothing_was_ever_reported(
    service: Service,
) -> None:
    bob = service.connect_unreported(service.join(BOB).token.text)
    service.clock.forward(seconds=61)
    service.reconcile()
    assert service.recorded() == {bob: None}


@pytest.mark.parametrize("failure", [AWAY, REFUSED], ids=["away", "refused"])
def test_while_opentok_cannot_be_asked_nothing_is_removed(
    service: Service, failure: RoomkeyError
) -> None:
    service.open(max_participants=1)
    bob = service.enter(BOB)
    service.leave_unreported(bob)
    for _ in range(3):
        service.clock.forward(hours=2)
        service.opentok.faults.fail_next("connections", failure)
        service.reconcile()
        assert service.recorded() == {bob: "bob"}
        assert service.refusal(CAROL) == "room_full"


def test_a_ban_whose_disconnect_failed_is_carried_out(service: Service) -> None:
    service.open()
    service.enter(BOB)
    service.opentok.faults.fail_next("disconnect")
    with pytest.raises(ProviderUnavailable):
        service.ban("bob")
    service.clock.forward(minutes=2)
    service.reconcile()
    assert service.connected() == set()


def test_who_was_refused_and_could_not_be_disconnected_gets_no_seat_and_leaves(
    service: Service,
) -> None:
    service.open()
    token = service.join(BOB).token.text
    service.change(locked=True)
    service.opentok.faults.fail_next("disconnect")
    bob = service.connect(token)
    service.opentok.events.clear()
    service.change({"max_participants": 1}, locked=False)
    assert service.connected() == {bob}
    assert service.refusal(CAROL) is None
    service.clock.forward(minutes=2)
    service.reconcile()
    assert service.connected() == set()


def test_who_is_on_record_as_gone_and_yet_there_is_sent_away(service: Service) -> None:
    room = service.open()
    bob = service.enter(BOB)
    session = service.stores.sessions.session(room.session_id, service.deadline)
    assert session is not None
    service.use_cases.session_tracker.on_disconnected(session, bob, NOON, service.deadline)
    service.clock.forward(minutes=2)
    service.reconcile()
    assert service.connected() == set()


@pytest.mark.parametrize(
    "seats",
    [Seats(), Seats({"bob": {"connection-9": NOON}})],
    ids=["no seat", "another connection's seat"],
)
def test_who_is_in_without_a_seat_gets_one(service: Service, seats: Seats) -> None:
    room = service.open(max_participants=1)
    bob = service.enter(BOB)
    service.table.put_room(service.table.rooms[room.name], seats=seats)
    service.clock.forward(minutes=2)
    service.reconcile()
    assert service.connected() == {bob}
    assert set(service.room().seats.connections.get("bob", ())) == {bob}
    assert service.refusal(CAROL) == "room_full"


def test_a_seat_of_nobody_is_free_again(service: Service) -> None:
    room = service.open(max_participants=2)
    bob = service.enter(BOB)
    seats = Seats({"bob": {bob: NOON}, "zoe": {"c1": NOON}})
    service.table.put_room(service.table.rooms[room.name], seats=seats)
    assert service.refusal(CAROL) == "room_full"
    service.clock.forward(minutes=2)
    service.reconcile()
    service.clock.now += GRACE
    assert service.refusal(CAROL) is None


@pytest.mark.parametrize("participant", ["user", "service"])
def test_a_crowd_is_compared_one_by_one(service: Service, participant: str) -> None:
    service.open()
    users = [User(f"{participant}-{number}") for number in range(40)]
    inside = [service.enter(user) for user in users]
    service.clock.forward(minutes=2)
    for connection_id in inside[::2]:
        service.leave_unreported(connection_id)
    service.reconcile()
    assert set(service.recorded()) == set(inside[1::2]) == service.connected()


def test_closed_hours_are_reason_enough_to_send_away_whom_the_closing_missed(
    service: Service,
) -> None:
    service.open(closes_at=NOON + timedelta(minutes=30))
    unknown = service.connect_unreported(service.join(BOB).token.text)
    service.arrives(Connection(unknown, NOON))
    service.clock.forward(minutes=31)
    service.reconcile()
    assert service.connected() == set()
