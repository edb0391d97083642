"""Attendance in the API: who was in, page by page, for moderators."""

from datetime import datetime

from tests.support.live import Live


def test_attendance_shows_who_came_and_went_and_who_is_still_in(live: Live) -> None:
    live.room()
    bob = live.enter("bob", name="Bob")
    live.publish(bob)
    live.leave(bob)
    carol = live.enter("carol", role="subscriber")
    live.settle()

    path = "/rooms/standup/attendance"
    first = live.ask("alice", "GET", f"{path}?limit=1").json
    second = live.ask("alice", "GET", f"{path}?limit=1&cursor={first['cursor']}").json

    shown = [*first["items"], *second["items"]]
    for each in shown:
        assert datetime.fromisoformat(each.pop("came")).tzinfo is not None
    assert datetime.fromisoformat(shown[0].pop("went")).tzinfo is not None
    assert shown == [
        {
            "id": bob,
            "userId": "bob",
            "name": "Bob",
            "role": "publisher",
            "ending": "left",
            "published": True,
            "reconciled": False,
        },
        {
            "id": carol,
            "userId": "carol",
            "name": None,
            "role": "subscriber",
            "went": None,
            "ending": None,
            "published": False,
            "reconciled": False,
        },
    ]
    assert live.ask("bob", "GET", path).json["code"] == "not_a_moderator"
    before = live.ask("alice", "GET", f"{path}?to=2020-01-01T00:00:00Z")
    assert (before.status, before.json["items"]) == (200, [])
    turned = live.ask("alice", "GET", f"{path}?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z")
    assert (turned.status, turned.json["code"]) == (422, "invalid_field")
    for odd in ("null", "0.5", "2026-01-01T00:00:00"):
        refused = live.ask("alice", "GET", f"{path}?to={odd}")
        assert (refused.status, refused.json["code"]) == (422, "invalid_field")


def test_a_service_that_keeps_no_attendance_says_so(live: Live) -> None:
    live.room()
    gateway = live.stand_ins.gateway(ATTENDANCE_DAYS="0")
    bearer = live.stand_ins.identity.bearer("alice")
    reply = gateway.request("GET", "/rooms/standup/attendance", bearer=bearer)
    assert (reply.status, reply.json["code"]) == (404, "attendance_not_kept")
