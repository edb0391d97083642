from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.core.model.seats import (
    GRACE,
    HOLD,
    MAX_EVICTED_AT_ONCE,
    MAX_WAITS,
    PAUSE,
    KeptFree,
    SeatRelease,
    Seats,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LIVE = {"c1": NOW}


def test_a_seat_is_kept_by_connections_or_by_a_hold_that_has_not_ended() -> None:
    seats = Seats({"live": LIVE, "held": {}, "lapsed": {}}, {"held": NOW + SECOND, "lapsed": NOW})
    assert seats.is_kept("live", NOW)
    assert seats.is_kept("held", NOW)
    assert not seats.is_kept("lapsed", NOW)
    assert not seats.is_kept("nobody", NOW)
    assert seats.held(NOW) == [NOW + SECOND]


def test_a_free_seat_is_held_for_who_asks() -> None:
    claim = Seats().claim_for_join("bob", 1, NOW)
    assert claim is not None
    assert (claim.user_id, claim.hold_until, claim.evicted) == ("bob", NOW + HOLD, ())


@pytest.mark.parametrize("holds", [{}, {"carol": NOW}])
def test_a_lapsed_seat_is_evicted_for_who_needs_it(holds: dict[str, datetime]) -> None:
    claim = Seats({"carol": {}}, holds).claim_for_join("bob", 1, NOW)
    assert claim is not None
    assert claim.evicted == (("carol", holds.get("carol")),)


@pytest.mark.parametrize("cap", [1, 2])
def test_when_all_seats_are_kept_nobody_else_gets_one(cap: int) -> None:
    seats = Seats({"carol": LIVE, "dora": {}}, {"dora": NOW + SECOND})
    assert seats.claim_for_join("bob", cap, NOW) is None
    assert seats.claim_for_connection("bob", "c9", cap, NOW) is None


def test_who_keeps_a_seat_may_come_again_however_low_the_limit_is_by_now() -> None:
    seats = Seats({"carol": LIVE, "dora": {}, "eve": {}}, {"dora": NOW + SECOND, "eve": NOW})
    assert seats.claim_for_join("carol", 1, NOW) is not None
    assert seats.claim_for_connection("dora", "c9", 1, NOW) is not None
    assert seats.claim_for_join("eve", 1, NOW) is None


def test_more_lapsed_seats_than_one_write_evicts_go_write_by_write() -> None:
    users = [f"user-{number:02}" for number in range(60)]
    seats = Seats({user: {} for user in users})
    writes = 0
    while (claim := seats.claim_for_join("bob", 2, NOW)) is not None and claim.user_id is None:
        assert len(claim.evicted) == MAX_EVICTED_AT_ONCE
        seats = seats.without({user for user, _ in claim.evicted})
        writes += 1
    assert claim is not None
    assert (writes, claim.user_id) == (2, "bob")


@pytest.mark.parametrize(
    ("connections", "hold", "expected"),
    [
        ({"c1": NOW}, None, NOW + GRACE),
        ({"c1": NOW}, NOW + SECOND, NOW + GRACE),
        ({"c1": NOW}, NOW + HOLD, None),
        ({"c1": NOW, "c2": NOW}, None, None),
    ],
)
def test_the_last_to_leave_keeps_the_seat_for_a_while_and_no_longer_hold_is_shortened(
    connections: dict[str, datetime], hold: datetime | None, expected: datetime | None
) -> None:
    seats = Seats({"bob": connections}, {} if hold is None else {"bob": hold})
    assert seats.release_for("c1", NOW) == SeatRelease(
        "bob", "c1", len(connections), hold, expected
    )
    assert seats.release_for("c9", NOW) is None


def test_a_user_has_room_for_three_devices() -> None:
    assert Seats({"bob": {"c1": NOW, "c2": NOW}}).has_room_for_device("bob")
    assert not Seats({"bob": {"c1": NOW, "c2": NOW, "c3": NOW}}).has_room_for_device("bob")


def kept_free(seats: int, *moderators: str) -> KeptFree:
    return KeptFree(seats, frozenset(moderators))


@pytest.mark.parametrize(
    ("free", "seated", "gets_one"),
    [
        (kept_free(1), [], True),
        (kept_free(1), ["bob"], True),
        (kept_free(1), ["bob", "carol"], False),
        (kept_free(1, "alice"), ["alice", "bob"], True),
        (kept_free(1, "alice"), ["bob", "carol"], False),
        (kept_free(2, "alice"), ["alice", "bob"], False),
        (kept_free(1, "alice", "anna"), ["alice", "anna"], True),
        (kept_free(3), [], False),
    ],
)
def test_a_user_gets_a_seat_if_one_is_left_beside_those_kept_free(
    free: KeptFree, seated: list[str], gets_one: bool
) -> None:
    seats = Seats({user: {f"c-{user}": NOW} for user in seated})
    assert (seats.claim_for_join("zoe", 3, NOW, free) is not None) is gets_one
    assert (seats.claim_for_connection("zoe", "c9", 3, NOW, free) is not None) is gets_one


def test_a_claim_counts_on_moderators_who_keep_their_seats_rather_than_on_lapsed_ones() -> None:
    seats = Seats({"alice": {}, "anna": LIVE, "bob": {}}, {"alice": NOW})
    claim = seats.claim_for_join("zoe", 3, NOW, kept_free(1, "alice", "anna"))
    assert claim is not None
    assert claim.counted_on == ("anna",)
    assert {user for user, _ in claim.evicted} == {"alice", "bob"}


def test_a_claim_for_a_kept_seat_counts_on_nobody() -> None:
    seats = Seats({"alice": LIVE, "zoe": {}}, {"zoe": NOW + SECOND})
    claim = seats.claim_for_join("zoe", 1, NOW, kept_free(1, "alice"))
    assert claim is not None
    assert (claim.cap, claim.counted_on, claim.evicted) == (0, (), ())


@pytest.mark.parametrize(
    ("waited", "hold", "since"),
    [
        (timedelta(0), HOLD, timedelta(0)),
        (HOLD, HOLD, HOLD),
        (3 * HOLD - SECOND, SECOND, 3 * HOLD - SECOND),
        (3 * HOLD + PAUSE, HOLD, timedelta(0)),
    ],
)
def test_a_hold_ends_at_the_latest_with_the_longest_wait(
    waited: timedelta, hold: timedelta, since: timedelta
) -> None:
    seats = Seats({"bob": {}}, waiting={"bob": NOW - waited})
    assert seats.pause_end("bob", NOW, 3 * HOLD) is None
    claim = seats.claim_for_join("bob", 1, NOW, longest_wait=3 * HOLD)
    assert claim is not None
    assert (claim.hold_until, claim.waiting_since) == (NOW + hold, NOW - since)


@pytest.mark.parametrize(
    ("waited", "pauses"),
    [
        (3 * HOLD - SECOND, False),
        (3 * HOLD, True),
        (3 * HOLD + PAUSE - SECOND, True),
        (3 * HOLD + PAUSE, False),
    ],
)
def test_a_user_pauses_after_the_longest_wait(waited: timedelta, pauses: bool) -> None:
    since = NOW - waited
    expected = since + 3 * HOLD + PAUSE if pauses else None
    assert Seats(waiting={"bob": since}).pause_end("bob", NOW, 3 * HOLD) == expected
    assert Seats({"bob": LIVE}, waiting={"bob": since}).pause_end("bob", NOW, 3 * HOLD) is None


def test_a_user_who_is_connected_does_not_wait() -> None:
    claim = Seats({"bob": LIVE}).claim_for_join("bob", 1, NOW, longest_wait=HOLD)
    assert claim is not None
    assert (claim.hold_until, claim.waiting_since) == (NOW + HOLD, None)


def test_of_too_many_waits_the_oldest_are_forgotten() -> None:
    waiting = {f"user-{number:03}": NOW - number * SECOND for number in range(MAX_WAITS + 3)}
    claim = Seats(waiting=waiting).claim_for_join("zoe", 1, NOW, longest_wait=HOLD)
    assert claim is not None
    assert claim.forgotten == ("user-252", "user-251", "user-250")
