"""`/sim/callbacks`: callbacks lost, doubled, late and out of order."""

from typing import Any

import pytest
import requests

from tests.stand_ins.callback_receiver import CallbackReceiver
from tests.stand_ins.clients import join, leave
from tests.stand_ins.known import RunningOpenTok


def plan(service: RunningOpenTok, **wanted: object) -> requests.Response:
    answer = requests.post(f"{service.url}/sim/callbacks", json=wanted, timeout=5)
    assert answer.status_code == 204, answer.text
    return answer


def record(service: RunningOpenTok) -> dict[str, list[dict[str, Any]]]:
    shown: dict[str, list[dict[str, Any]]] = requests.get(
        f"{service.url}/sim/callbacks", timeout=5
    ).json()
    assert shown == service.stand_in.callback_record()
    return shown


def test_the_next_so_many_callbacks_are_dropped(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    plan(opentok_service, drop=2)
    alice = join(opentok_service, session_id)
    bob = join(opentok_service, session_id)
    carol = join(opentok_service, session_id)

    assert opentok_service.stand_in.settle(5)
    assert receiver.connection_ids == [carol]
    dropped = record(opentok_service)["dropped"]
    assert [alice in dropped[0]["body"], bob in dropped[1]["body"]] == [True, True]
    assert [each["attempts"] for each in dropped] == [0, 0]


def test_the_next_so_many_callbacks_come_twice_each_signed_anew(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    plan(opentok_service, duplicate=1)
    alice, bob = join(opentok_service, session_id), join(opentok_service, session_id)

    assert opentok_service.stand_in.settle(5)
    first, second, _ = receiver.received
    secret = opentok_service.stand_in.callback_secrets["session"]
    assert receiver.connection_ids == [alice, alice, bob]
    assert first.body == second.body
    assert first.verified_claims(secret)["jti"] != second.verified_claims(secret)["jti"]


def test_the_next_so_many_callbacks_lack_their_signature_at_first(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    receiver.statuses = [503]
    plan(opentok_service, unsigned=1)
    join(opentok_service, session_id)

    assert opentok_service.stand_in.settle(5)
    bare, repeated = receiver.received
    assert bare.authorization == ""
    assert repeated.body == bare.body
    assert repeated.verified_claims(opentok_service.stand_in.callback_secrets["session"])


def test_a_count_of_zero_takes_a_plan_back(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    plan(opentok_service, drop=5, duplicate=5, unsigned=5)
    plan(opentok_service, drop=0, duplicate=0, unsigned=0)
    join(opentok_service, session_id)

    assert opentok_service.stand_in.settle(5)
    assert len(receiver.received) == 1
    assert receiver.received[0].authorization


@pytest.mark.parametrize(("order", "expected"), [("forward", [0, 1, 2]), ("reverse", [2, 1, 0])])
def test_callbacks_are_kept_back_and_sent_in_the_order_asked_for(
    opentok_service: RunningOpenTok,
    session_id: str,
    receiver: CallbackReceiver,
    order: str,
    expected: list[int],
) -> None:
    plan(opentok_service, order="hold")
    joined = [join(opentok_service, session_id) for _ in range(3)]
    assert opentok_service.stand_in.settle(5)
    assert receiver.received == []
    assert len(record(opentok_service)["held"]) == 3

    plan(opentok_service, order=order)
    last = join(opentok_service, session_id)

    assert opentok_service.stand_in.settle(5)
    assert receiver.connection_ids == [*(joined[number] for number in expected), last]
    assert record(opentok_service)["held"] == []


def test_a_shuffle_is_the_same_for_the_same_seed(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    orders = []
    for seed in (7, 7, 8):
        plan(opentok_service, order="hold")
        joined = [join(opentok_service, session_id) for _ in range(10)]
        plan(opentok_service, order="shuffle", seed=seed)
        assert opentok_service.stand_in.settle(5)
        orders.append([joined.index(each) for each in receiver.connection_ids[-10:]])

    assert sorted(orders[0]) == list(range(10))
    assert orders[0] == orders[1] != orders[2]


def test_plans_combine(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    plan(opentok_service, order="hold", drop=1, duplicate=1)
    for _ in range(2):
        leave(opentok_service, join(opentok_service, session_id))
    plan(opentok_service, order="reverse")

    assert opentok_service.stand_in.settle(5)
    assert receiver.events == [
        "connectionDestroyed",
        "connectionCreated",
        "connectionDestroyed",
        "connectionDestroyed",
    ]


def test_plans_can_be_made_within_the_process(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    stand_in = opentok_service.stand_in
    stand_in.plan_callbacks(order="hold", duplicate=1)
    join(opentok_service, session_id)
    stand_in.plan_callbacks(order="forward")

    assert stand_in.settle(5)
    assert len(receiver.received) == 2


def test_what_nobody_receives_uses_no_plan_up(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    plan(opentok_service, drop=1)
    opentok_service.stand_in.deliver_to("session", None)
    join(opentok_service, session_id)
    opentok_service.stand_in.deliver_to("session", receiver.url)
    join(opentok_service, session_id)
    last = join(opentok_service, session_id)

    assert opentok_service.stand_in.settle(5)
    assert receiver.connection_ids == [last]


def test_the_record_shows_the_deliveries(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    join(opentok_service, session_id)

    assert opentok_service.stand_in.settle(5)
    assert record(opentok_service) == {
        "pending": [],
        "delivered": [
            {
                "kind": "session",
                "event": "connectionCreated",
                "url": receiver.url,
                "body": receiver.received[0].body.decode(),
                "attempts": 1,
                "status": 200,
            }
        ],
        "failed": [],
        "held": [],
        "dropped": [],
    }


def test_all_of_it_can_be_forgotten(
    opentok_service: RunningOpenTok, session_id: str, receiver: CallbackReceiver
) -> None:
    receiver.statuses = [500] * 1000
    plan(opentok_service, drop=1)
    join(opentok_service, session_id)
    join(opentok_service, session_id)
    plan(opentok_service, order="hold", drop=9)
    join(opentok_service, session_id)

    answer = requests.delete(f"{opentok_service.url}/sim/callbacks", timeout=5)

    assert answer.status_code == 204
    assert opentok_service.stand_in.settle(0)
    assert not any(record(opentok_service).values())
    receiver.statuses = []
    last = join(opentok_service, session_id)
    assert opentok_service.stand_in.settle(5)
    assert receiver.connection_ids[-1] == last


@pytest.mark.parametrize(
    "wanted",
    [{}, {"drop": -1}, {"drop": "1"}, {"order": "backwards"}, {"lose": 1}, {"seed": 1}],
)
def test_a_plan_that_makes_no_sense_is_400(
    opentok_service: RunningOpenTok, wanted: dict[str, object]
) -> None:
    answer = requests.post(f"{opentok_service.url}/sim/callbacks", json=wanted, timeout=5)

    assert answer.status_code == 400
    assert answer.json()["reason"]
