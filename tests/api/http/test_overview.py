"""`GET /admin/overview`."""

from tests.support.live import Live


def test_an_admin_sees_the_state_of_the_stage(live: Live) -> None:
    live.room()
    live.enter("bob")
    live.settle()
    reply = live.ask("root", "GET", "/admin/overview", admin=True)
    assert reply.status == 200
    assert reply.json == {
        "liveRooms": 1,
        "countedRooms": 1,
        "connections": 1,
        "recordings": 0,
        "oldestDueSeconds": 0,
        "refusals": None,
    }
    refused = live.ask("alice", "GET", "/admin/overview")
    assert (refused.status, refused.code) == (403, "not_an_admin")
