"""Reconciliation of presence: a comparison with OpenTok's list finds what callbacks lost."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from stand_ins.http.faults import Fault
from tests.support.callbacks import event, send_callback
from tests.support.live import Live
from tests.support.log_lines import log_lines
from tests.support.noon import NOON
from tests.support.stand_ins import TABLE

MINUTES = timedelta(minutes=2)


def change_seats(live: Live, how: str, values: Any = None) -> None:
    """Change the room's seats in a way that no write of ours does."""
    key: Any = {"pk": {"S": "room#standup"}, "sk": {"S": "room"}}
    more = {} if values is None else {"ExpressionAttributeValues": values}
    live.stand_ins.dynamodb().update_item(TableName=TABLE, Key=key, UpdateExpression=how, **more)


@pytest.mark.parametrize("limits", [{}, {"maxParticipants": 1}], ids=["uncapped", "capped"])
def test_stale_records_are_removed_and_their_seats_released(
    live: Live, limits: dict[str, Any]
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(**limits)
        bob = live.enter("bob")
        clock.shift(MINUTES)
        live.stand_ins.opentok.plan_callbacks(drop=1)
        live.leave(bob)
        assert live.shown() == {bob: "bob"}

        live.run("reconcile_sessions")

        assert live.shown() == {}
        clock.shift(21)
        live.enter("carol")


def test_streams_whose_end_was_not_reported_are_removed(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room()
        bob = live.enter("bob")
        gone, stays = live.publish(bob), live.publish(bob)
        live.settle()
        clock.shift(MINUTES)
        live.stand_ins.opentok.plan_callbacks(drop=1)
        live.unpublish(gone)
        live.run("reconcile_sessions")
        (shown,) = live.ask("alice", "GET", "/rooms/standup/connections").json["items"]
        assert [each["id"] for each in shown["streams"]] == [stays]


@pytest.mark.parametrize(
    ("changes", "stays"),
    [
        ({}, True),
        ({"maxParticipants": 9}, False),
        ({"locked": True}, False),
        ({"members": {"add": ["bob", "carol"]}}, False),
        ({"ban": "dora"}, False),
    ],
)
def test_an_unknown_connection_is_recorded_and_rejected_if_the_room_has_access_limits(
    live: Live, changes: dict[str, Any], stays: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room()
        carol = live.enter("carol")
        live.stand_ins.opentok.plan_callbacks(drop=1)
        unknown_connection = live.connect(live.token("bob"))
        if "ban" in changes:
            live.ask("alice", "POST", "/rooms/standup/bans", {"userId": changes["ban"]})
        else:
            live.patch(**changes)
        clock.shift(59)
        live.run("reconcile_sessions")
        assert live.shown() == {carol: "carol"}
        clock.shift(61)

        live.run("reconcile_sessions")
        live.settle()

        assert live.connected() == ({carol, unknown_connection} if stays else {carol})
        assert live.shown() == {carol: "carol"} | ({unknown_connection: None} if stays else {})
        (line,) = [line for line in log_lines(capsys) if "UnknownConnections" in line]
        assert line["UnknownConnections"] == [1.0]


def test_if_opentok_cannot_be_asked_nothing_is_removed(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(maxParticipants=1)
        bob = live.enter("bob")
        for fault in (
            Fault("/connection", status=500),
            Fault("/connection", status=404, body="<html>no such page</html>"),
            Fault("/connection", status=200, body="{}"),
            Fault("/connection", status=403),
        ):
            clock.shift(timedelta(hours=2))
            live.stand_ins.opentok.faults.add(fault, times=9)
            live.run("reconcile_sessions")
            live.stand_ins.opentok.faults.clear()
            assert live.shown() == {bob: "bob"}
            assert live.refusal("carol") == "room_full"


def test_a_banned_user_whose_disconnect_failed_for_good_is_sent_away(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room()
        live.enter("bob")
        live.stand_ins.opentok.faults.add(Fault("/connection/", status=500), times=9)
        reply = live.ask("alice", "POST", "/rooms/standup/bans", {"userId": "bob"})
        assert (reply.status, reply.code) == (503, "provider_unavailable")
        live.stand_ins.opentok.faults.clear()
        clock.shift(MINUTES)
        live.run("reconcile_sessions")
        live.settle()
        assert live.connected() == set()


def test_a_retired_session_is_looked_after_until_its_last_token_has_ended(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        session_id = live.room()["sessionId"]
        old = live.token("bob")
        live.ask("alice", "DELETE", "/rooms/standup")
        live.run("enforce_closing_times")
        for _ in range(3):
            clock.shift(timedelta(minutes=11))
            live.run("reconcile_sessions")
        live.stand_ins.opentok.plan_callbacks(drop=1)
        live.connect(old)
        clock.shift(timedelta(minutes=11))
        live.run("reconcile_sessions")
        live.settle()
        assert live.stand_ins.opentok.session(session_id)["connections"] == []


def test_an_empty_session_is_not_asked_about_for_ever_and_again_once_it_is_used(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room()
        live.leave(live.enter("bob"))
        live.settle()
        asked = []
        for _ in range(4):
            clock.shift(timedelta(minutes=11))
            live.stand_ins.opentok.clear_calls()
            live.run("reconcile_sessions")
            asked.append(live.stand_ins.opentok.count("/connection"))
        assert asked == [1, 1, 0, 0]

        bob = live.enter("bob")
        clock.shift(MINUTES)
        live.stand_ins.opentok.plan_callbacks(drop=1)
        live.leave(bob)
        live.run("reconcile_sessions")
        assert live.shown() == {}


def test_a_limit_holds_in_a_room_long_idle_though_every_callback_is_lost(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(maxParticipants=1)
        for _ in range(3):
            clock.shift(timedelta(minutes=11))
            live.run("reconcile_sessions")
        live.stand_ins.opentok.deliver_to("session", None)
        live.connect(live.token("bob"))
        clock.shift(timedelta(seconds=130))
        live.connect(live.token("carol"))
        for _ in range(2):
            live.run("reconcile_sessions")
            clock.shift(timedelta(seconds=61))
        live.run("reconcile_sessions")
        assert live.connected() == set()


def test_admitting_a_user_resumes_the_monitoring_of_a_session_once(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room()
        writes = []
        for checks in (1, 2, 0):
            for _ in range(checks):
                clock.shift(timedelta(minutes=11))
                live.run("reconcile_sessions")
            live.stand_ins.aws.clear_calls()
            live.token("bob")
            writes.append(live.stand_ins.aws.calls.count("DynamoDB.UpdateItem"))
        assert writes == [0, 2, 0]


def test_each_session_that_is_due_is_checked_once_in_a_run(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for number in range(30):
            live.room(f"room-{number}")
            live.enter("bob", f"room-{number}")
        clock.shift(MINUTES)
        live.stand_ins.opentok.clear_calls()
        live.run("reconcile_sessions")
        paths = [call.path for call in live.stand_ins.opentok.calls]
        listings = [path for path in paths if path.endswith("/connection")]
        assert len(listings) == len(set(listings)) == 30
        assert len(paths) == 3 * 30  # one each of archives and broadcasts, too


@pytest.mark.parametrize(("seconds", "stays"), [(9, True), (10, False)])
def test_a_record_is_not_stale_while_opentoks_list_may_lag_behind_it(
    live: Live, seconds: int, stays: bool
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room()
        clock.shift(MINUTES)
        bob = live.enter("bob")
        live.stand_ins.opentok.plan_callbacks(drop=1)
        live.leave(bob)
        clock.shift(seconds)
        live.run("reconcile_sessions")
        assert live.shown() == ({bob: "bob"} if stays else {})


def test_who_is_on_record_as_gone_and_yet_there_is_sent_away(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        session_id = live.room()["sessionId"]
        bob = live.enter("bob")
        gone = event(session_id, "connectionDestroyed", connection={"id": bob})
        assert send_callback(live.gateway, "session", gone).status == 200
        clock.shift(MINUTES)
        live.run("reconcile_sessions")
        assert live.connected() == set()


def test_who_is_in_without_a_seat_gets_one(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(maxParticipants=1)
        bob = live.enter("bob")
        change_seats(live, "REMOVE seats.bob")
        clock.shift(MINUTES)
        live.run("reconcile_sessions")
        assert live.connected() == {bob}
        assert live.refusal("carol") == "room_full"


def test_the_seat_of_a_connection_that_is_not_on_record_goes(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(maxParticipants=2)
        live.enter("bob")
        change_seats(live, "SET seats.zoe = :seat", {":seat": {"M": {"c1": {"N": "1"}}}})
        assert live.refusal("carol") == "room_full"
        clock.shift(MINUTES)
        live.run("reconcile_sessions")
        clock.shift(21)
        live.enter("carol")


def test_who_was_refused_and_could_not_be_disconnected_gets_no_seat(live: Live) -> None:
    session_id = live.room()["sessionId"]
    token = live.token("bob")
    live.patch(locked=True)
    live.stand_ins.opentok.deliver_to("session", None)
    bob = live.connect(token)
    came = event(session_id, connection={"id": bob, "data": '{"userId":"bob"}'})
    live.stand_ins.opentok.faults.add(Fault("/connection/", status=500), times=9)
    assert send_callback(live.gateway, "session", came).status == 503
    live.stand_ins.opentok.faults.clear()
    live.patch(locked=False, maxParticipants=1)
    assert live.connected() == {bob}
    live.token("carol")


def test_one_sessions_odd_list_keeps_no_other_from_being_checked(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room("odd")
        live.enter("bob", "odd")
        clock.shift(1)
        live.room()
        bob = live.enter("bob")
        clock.shift(MINUTES)
        live.stand_ins.opentok.plan_callbacks(drop=1)
        live.leave(bob)
        odd = '{"items":[{"connectionId":"c1","createdAt":"99999999999999999999"}]}'
        live.stand_ins.opentok.faults.add(Fault("/connection", status=200, body=odd), times=1)
        live.run("reconcile_sessions")
        assert live.shown() == {}


def test_a_session_that_opentok_refused_is_asked_about_again_after_five_minutes(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for name in ("standup", "other"):
            live.room(name)
            live.enter("bob", name)
        clock.shift(MINUTES)
        live.stand_ins.opentok.faults.add(Fault("/connection", status=403), times=9)
        live.run("reconcile_sessions")
        (failure,) = log_lines(capsys)[-1]["failure"]
        assert failure.startswith("GET session/")
        assert ": 403" in failure
        live.stand_ins.opentok.faults.clear()
        asked = []
        for seconds in (299, 1):
            clock.shift(seconds)
            live.stand_ins.opentok.clear_calls()
            live.run("reconcile_sessions")
            asked.append(live.stand_ins.opentok.count("/connection"))
        assert asked == [0, 2]


@pytest.mark.parametrize(
    ("of", "name", "odd"),
    [
        ("session", "name", None),
        ("session", "expiresAt", "soon"),
        ("connection#", "since", None),
        ("room", "mediaMode", "odd"),
    ],
)
def test_one_sessions_unreadable_record_keeps_no_other_from_being_checked(
    live: Live, capsys: pytest.CaptureFixture[str], of: str, name: str, odd: str | None
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        session_id = live.room("odd")["sessionId"]
        live.enter("bob", "odd")
        clock.shift(1)
        live.room()
        bob = live.enter("bob")
        clock.shift(MINUTES)
        live.stand_ins.opentok.plan_callbacks(drop=1)
        live.leave(bob)
        live.damage("room#odd" if of == "room" else f"session#{session_id}", of, name, odd)

        live.run("reconcile_sessions")

        (line,) = [line for line in log_lines(capsys) if line["route"] == "reconcile_sessions"]
        assert live.shown() == {}
        assert (line["status"], line["code"]) == (500, "internal")
        assert line["faulty"] == [f"session {session_id}"]
        assert line["ReconciliationFailed"] == [1.0]
        # The failed check waits behind the others.
        live.stand_ins.aws.clear_calls()
        clock.shift(59)
        live.run("reconcile_sessions")
        assert live.stand_ins.aws.calls == ["DynamoDB.Query"]


def test_media_that_opentok_refuses_slow_no_check_of_who_is_in(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room()
        live.enter("bob")
        clock.shift(MINUTES)
        live.stand_ins.opentok.faults.add(Fault("/archive", status=403), times=9)
        live.stand_ins.opentok.clear_calls()
        live.run("reconcile_sessions")
        # The other kinds of media were reconciled all the same.
        assert live.stand_ins.opentok.count("/broadcast") == 1
        clock.shift(60)
        live.stand_ins.opentok.clear_calls()
        live.run("reconcile_sessions")
        assert live.stand_ins.opentok.count("/connection") == 1


def test_an_empty_session_whose_media_are_refused_is_asked_about_after_five_minutes(
    live: Live,
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room()
        live.token("bob")
        clock.shift(MINUTES)
        live.stand_ins.opentok.faults.add(Fault("/archive", status=403), times=9)
        live.run("reconcile_sessions")
        live.stand_ins.opentok.faults.clear()
        asked = []
        for seconds in (299, 1):
            clock.shift(seconds)
            live.stand_ins.opentok.clear_calls()
            live.run("reconcile_sessions")
            asked.append(live.stand_ins.opentok.count("/archive"))
        assert asked == [0, 1]
