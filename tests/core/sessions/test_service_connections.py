"""Connections of OpenTok's services: their tokens, and what is recorded of them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import pytest

from chalicelib.core.support.metrics import Metric, recording
from chalicelib.errors import ProviderRefused, ProviderUnavailable, RoomClosed, RoomkeyError
from tests.fakes.service import ALICE, BOB, Service
from tests.support.noon import NOON

OPTIONS: Final = {"sip": {"uri": "sip:carol@pbx.test"}}
CLOSES_AT: Final = NOON + timedelta(hours=1, milliseconds=500)


def dial(service: Service) -> Mapping[str, object]:
    _, answer = service.use_cases.media().telephony.dial(
        ALICE, "standup", OPTIONS, service.deadline
    )
    return answer


def test_a_service_that_is_called_just_before_the_room_closes_has_a_token_until_then(
    service: Service,
) -> None:
    service.open(closes_at=CLOSES_AT)
    service.enter(BOB)
    service.clock.now = CLOSES_AT - timedelta(milliseconds=501)
    dial(service)
    *_, token = service.opentok.specs.values()
    assert token.expires_at == int(CLOSES_AT.timestamp())


def test_no_service_is_called_in_the_second_in_which_the_room_closes(service: Service) -> None:
    service.open(closes_at=CLOSES_AT)
    service.enter(BOB)
    service.clock.now = CLOSES_AT - timedelta(milliseconds=500)
    with pytest.raises(RoomClosed, match="closing now"):
        dial(service)
    assert service.opentok.faults.calls["dial"] == 0


def test_a_call_in_a_session_whose_record_has_gone_is_answered_and_recorded_nowhere(
    service: Service,
) -> None:
    service.open()
    service.enter(BOB)
    service.clock.forward(minutes=2)
    service.table.faults.before_next("session", service.table.sessions.clear)
    recorded = dict(service.table.connections)
    assert dial(service)["connectionId"] in service.connected()
    assert service.table.connections == recorded


def test_a_call_that_cannot_be_recorded_is_answered_and_counted_and_its_callback_records_it(
    service: Service,
) -> None:
    service.open()
    service.enter(BOB)
    service.table.faults.fail_next("record_connection")
    with recording() as counts:
        called = str(dial(service)["connectionId"])
    measured = [each for each in counts if isinstance(each, Metric)]
    assert measured == [Metric("ServicesNotRecorded", 1, timed=False)]
    assert called not in service.recorded()
    service.deliver()
    assert called in service.recorded()


@pytest.mark.parametrize(
    "failure", [ProviderUnavailable("Away."), ProviderRefused("No.")], ids=["away", "refused"]
)
def test_a_call_that_cannot_be_disconnected_again_is_answered_and_its_callback_ends_it(
    service: Service, failure: RoomkeyError
) -> None:
    service.open()
    service.enter(BOB)

    def close_hours() -> None:
        service.change({"closes_at": service.clock()})

    service.opentok.faults.before_next("dial", close_hours)
    service.opentok.faults.fail_next("disconnect", failure)
    with recording() as counts:
        called = dial(service)["connectionId"]
    assert Metric("ServicesNotRecorded", 1, timed=False) in counts
    assert called in service.connected()
    service.deliver()
    assert called not in service.connected()
