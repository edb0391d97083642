"""Starts whose answer is lost, and starts that cannot be recorded."""

from collections.abc import Callable

import pytest

from chalicelib.core.model.media import MediaKind
from chalicelib.errors import (
    AlreadyBroadcasting,
    AlreadyCaptioning,
    AlreadyRecording,
    ProviderUnavailable,
    RoomClosed,
    RoomkeyError,
    StartUnconfirmed,
    StoreUnavailable,
)
from tests.fakes.service import Service
from tests.fakes.studio import Studio
from tests.support.noon import NOON


def reopen(service: Service) -> None:
    """Give the room another session."""
    service.change({"closes_at": NOON})
    service.change({"closes_at": None})


FINDABLE = (MediaKind.ARCHIVE, MediaKind.BROADCAST, MediaKind.RENDER)
"""OpenTok has no list of captions."""


@pytest.mark.parametrize("kind", MediaKind)
def test_a_start_whose_answer_is_lost_is_unconfirmed_and_asked_for_once(
    studio: Studio, kind: MediaKind
) -> None:
    faults = studio.service.opentok.faults
    faults.lose_answer(f"{kind}.start")
    with pytest.raises(StartUnconfirmed):
        studio.start(kind)
    assert faults.calls[f"{kind}.start"] == 1
    assert faults.calls[f"{kind}.of_session"] == 0
    assert len(_running(studio, kind)) == 1


@pytest.mark.parametrize("kind", MediaKind)
def test_an_unconfirmed_start_comes_on_record_by_its_callback(
    studio: Studio, kind: MediaKind
) -> None:
    studio.service.opentok.faults.lose_answer(f"{kind}.start")
    with pytest.raises(StartUnconfirmed):
        studio.start(kind)
    assert studio.on_record(kind) == {}
    studio.service.deliver()
    assert set(studio.on_record(kind)) == set(_running(studio, kind))


@pytest.mark.parametrize("kind", FINDABLE)
def test_an_unconfirmed_start_that_no_callback_reports_is_found_by_reconciliation(
    studio: Studio, kind: MediaKind
) -> None:
    service = studio.service
    service.opentok.faults.lose_answer(f"{kind}.start")
    with pytest.raises(StartUnconfirmed):
        studio.start(kind)
    service.opentok.events.clear()
    service.clock.forward(minutes=2)
    if kind is MediaKind.RENDER:
        # OpenTok lists renders by project alone: its connection is the sign of one.
        _report_the_pages_connection(service)
    service.reconcile()
    assert studio.on_record(kind) == studio.at_opentok(kind)
    assert len(studio.on_record(kind)) == 1


@pytest.mark.parametrize(
    ("kind", "refusal", "member"),
    [
        (MediaKind.ARCHIVE, AlreadyRecording, "archiveId"),
        (MediaKind.BROADCAST, AlreadyBroadcasting, "broadcastId"),
        (MediaKind.CAPTIONS, AlreadyCaptioning, "captionsId"),
    ],
)
def test_a_retry_of_an_unconfirmed_start_names_the_one_that_runs_once_it_is_on_record(
    studio: Studio, kind: MediaKind, refusal: type[RoomkeyError], member: str
) -> None:
    studio.service.opentok.faults.lose_answer(f"{kind}.start")
    with pytest.raises(StartUnconfirmed):
        studio.start(kind)
    with pytest.raises(refusal) as first_retry:
        studio.start(kind)
    assert first_retry.value.extensions == {}
    studio.service.deliver()
    with pytest.raises(refusal) as second_retry:
        studio.start(kind)
    assert [second_retry.value.extensions] == [{member: each} for each in _running(studio, kind)]


@pytest.mark.parametrize("kind", MediaKind)
def test_a_start_that_was_surely_not_performed_is_only_unavailable(
    studio: Studio, kind: MediaKind
) -> None:
    not_performed = ProviderUnavailable("Not now.", not_performed=True)
    studio.service.opentok.faults.fail_next(f"{kind}.start", not_performed)
    with pytest.raises(ProviderUnavailable) as failure:
        studio.start(kind)
    assert failure.value is not_performed


@pytest.mark.parametrize("kind", MediaKind)
def test_what_cannot_be_recorded_is_stopped_again(studio: Studio, kind: MediaKind) -> None:
    studio.service.table.faults.fail_next("save")
    with pytest.raises(StoreUnavailable):
        studio.start(kind)
    assert _running(studio, kind) == {}


@pytest.mark.parametrize("can_stop", [True, False])
@pytest.mark.parametrize(
    "close",
    [
        lambda service: service.stores.rooms.close(service.room(), NOON, service.deadline),
        lambda service: service.change({"closes_at": NOON}),
        lambda service: service.table.rooms.clear(),
        reopen,
    ],
    ids=["deleted", "hours over", "nothing left of it", "another session"],
)
@pytest.mark.parametrize("kind", MediaKind)
def test_a_room_that_is_closed_while_something_starts_in_it_does_not_have_it_run_on(
    studio: Studio, kind: MediaKind, close: Callable[[Service], object], *, can_stop: bool
) -> None:
    opentok = studio.service.opentok
    opentok.faults.before_next(f"{kind}.start", lambda: close(studio.service))
    if not can_stop:
        opentok.faults.fail_next(f"{kind}.stop")
    with pytest.raises(RoomClosed):
        studio.start(kind)
    assert bool(_running(studio, kind)) is not can_stop


def _running(studio: Studio, kind: MediaKind) -> dict[str, object]:
    sessions = studio.service.opentok.sessions
    return {each["id"]: each for of in sessions for each in studio.objects(kind).running(of)}


def _report_the_pages_connection(service: Service) -> None:
    session = service.opentok.sessions[service.room().session_id]
    for connection in session.connections.values():
        if connection.participant.service is not None:
            service.arrives(connection)
