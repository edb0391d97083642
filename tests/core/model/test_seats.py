from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.core.model.seats import GRACE, HOLD, MAX_EVICTED_AT_ONCE, SeatRelease, Seats

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
