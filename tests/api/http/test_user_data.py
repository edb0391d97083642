"""Users' data in the API: shown, and erased by the scheduled function."""

from datetime import timedelta

import pytest
import time_machine

from tests.support.live import Live
from tests.support.log_lines import log_lines


def test_a_user_sees_what_is_held_and_is_erased_without_a_trace_in_the_log(
    live: Live, capsys: pytest.CaptureFixture[str], clock: time_machine.Traveller
) -> None:
    live.room(members=["ann|1", "bob"])
    live.leave(live.enter("ann|1"))
    held = live.ask("ann|1", "GET", "/users/me")
    assert held.status == 200
    kinds = {each["kind"]: each for each in held.json["items"]}
    assert kinds["connection"]["room"] == "standup"
    assert kinds["room"]["parts"] == ["member"]
    assert (held.json["userId"], held.json["erasure"], held.json["cursor"]) == ("ann|1", None, None)
    log_lines(capsys)
    refused = live.ask("bob", "DELETE", "/users/ann%7C1")
    assert (refused.status, refused.json["code"]) == (403, "not_an_admin")
    asked = live.ask("ann|1", "DELETE", "/users/me")
    assert (asked.status, asked.json["state"]) == (202, "running")
    for _ in range(2):
        live.run("delete_expired_archives")
        clock.shift(timedelta(minutes=1))
    admin = live.stand_ins.identity.bearer("root", admin=True)
    after = live.gateway.request("GET", "/users/ann%7C1", bearer=admin)
    assert [each["kind"] for each in after.json["items"]] == ["quota", "quota"]
    assert after.json["erasure"]["state"] == "finished"
    assert after.json["erasure"]["erased"] == 2
    written = [line for line in log_lines(capsys) if line.get("user") != "ann|1"]
    assert {line["route"] for line in written} >= {"/users/{user_id}", "erase_users"}
    assert "ann" not in repr(written)
    odd = live.gateway.request("GET", "/users/me?cursor=x", bearer=admin)
    assert (odd.status, odd.json["errors"][0]["field"]) == (422, "cursor")
    long = live.gateway.request("GET", f"/users/{'a' * 256}", bearer=admin)
    assert (long.status, long.json["errors"][0]["field"]) == (422, "user_id")


def test_an_id_with_a_percent_sign_is_not_taken_for_another_users(live: Live) -> None:
    admin = live.stand_ins.identity.bearer("root", admin=True)
    shown = live.gateway.request("GET", "/users/ann%257C1", bearer=admin)
    assert shown.json["userId"] == "ann%7C1"


def test_an_erasure_waits_for_whoever_is_connected(
    live: Live, clock: time_machine.Traveller
) -> None:
    live.room()
    live.enter("ann")
    live.ask("ann", "DELETE", "/users/me")
    clock.shift(timedelta(minutes=1))
    live.run("delete_expired_archives")

    erasure = live.ask("ann", "GET", "/users/me").json["erasure"]
    assert (erasure["state"], erasure["waitsFor"]) == ("waiting", ["standup"])
