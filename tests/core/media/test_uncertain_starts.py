"""Starts whose answer is lost, or that cannot be recorded: nothing runs on unknown."""

from typing import Any

import pytest

from chalicelib.core.model.media import MediaKind
from chalicelib.errors import (
    ProviderUnavailable,
    RoomClosed,
    StoreUnavailable,
)
from tests.fakes.service import Service
from tests.fakes.studio import Studio
from tests.support.noon import NOON

FINDABLE = (MediaKind.ARCHIVE, MediaKind.BROADCAST, MediaKind.RENDER)
"""Captions are listed nowhere."""


@pytest.mark.parametrize("kind", FINDABLE)
def test_a_start_whose_answer_is_lost_is_found_and_not_repeated(
    studio: Studio, kind: MediaKind
) -> None:
    studio.service.opentok.faults.lose_answer(f"{kind}.start")
    media = studio.start_unreported(kind)
    assert studio.service.opentok.faults.calls[f"{kind}.start"] == 1
    assert list(studio.on_record(kind)) == [media.id] == list(_running(studio, kind))


@pytest.mark.parametrize("kind", FINDABLE)
def test_a_lost_start_that_cannot_be_looked_for_may_have_happened_and_is_found_later(
    studio: Studio, kind: MediaKind
) -> None:
    service = studio.service
    service.opentok.faults.lose_answer(f"{kind}.start")
    service.opentok.faults.fail_next(f"{kind}.of_session")
    with pytest.raises(ProviderUnavailable) as failure:
        studio.start(kind)
    assert "may have started" in failure.value.detail
    service.opentok.events.clear()
    assert studio.on_record(kind) == {}
    service.clock.forward(minutes=2)
    if kind is MediaKind.RENDER:
        # OpenTok lists renders by project alone: its connection is the sign of one.
        _tell_of_the_pages_connection(service)
    service.reconcile()
    assert studio.on_record(kind) == studio.at_opentok(kind)
    assert len(studio.on_record(kind)) == 1


def test_lost_captions_may_have_started(studio: Studio) -> None:
    studio.service.opentok.faults.lose_answer("captions.start")
    with pytest.raises(ProviderUnavailable) as failure:
        studio.start(MediaKind.CAPTIONS)
    assert "may have started" in failure.value.detail


@pytest.mark.parametrize("kind", MediaKind)
def test_a_start_that_was_surely_not_performed_is_not_looked_for(
    studio: Studio, kind: MediaKind
) -> None:
    not_performed = ProviderUnavailable("Not now.", undone=True)
    studio.service.opentok.faults.fail_next(f"{kind}.start", not_performed)
    with pytest.raises(ProviderUnavailable) as failure:
        studio.start(kind)
    assert failure.value is not_performed
    assert studio.service.opentok.faults.calls[f"{kind}.of_session"] == 0


@pytest.mark.parametrize(
    ("asked", "runs"),
    [
        ({"multiArchiveTag": "c", "name": "mine"}, {"multiArchiveTag": "a", "name": "mine"}),
        ({"multiArchiveTag": "b", "name": "mine"}, {"multiArchiveTag": "b", "name": "other"}),
        ({"name": "other"}, {"multiArchiveTag": "b", "name": "other"}),
        ({}, {"name": "other"}),
    ],
)
def test_another_archive_is_not_taken_for_the_one_whose_answer_was_lost(
    studio: Studio, asked: dict[str, Any], runs: dict[str, Any]
) -> None:
    def another_begins() -> None:
        studio.objects(MediaKind.ARCHIVE).begin(studio.service.room().session_id, **runs)

    studio.service.opentok.faults.before_next("archive.start", another_begins)
    studio.service.opentok.faults.fail_next("archive.start")
    with pytest.raises(ProviderUnavailable):
        studio.start(MediaKind.ARCHIVE, **asked)


def test_an_archive_that_began_unheard_some_seconds_ago_is_not_taken_for_it_either(
    studio: Studio,
) -> None:
    studio.objects(MediaKind.ARCHIVE).begin(studio.service.room().session_id, name="mine")
    studio.service.opentok.events.clear()
    studio.service.clock.forward(seconds=3)
    studio.service.opentok.faults.fail_next("archive.start")
    with pytest.raises(ProviderUnavailable):
        studio.start(MediaKind.ARCHIVE, name="mine")


def test_an_archive_that_ran_before_is_not_taken_for_the_one_whose_answer_was_lost(
    studio: Studio,
) -> None:
    studio.start(MediaKind.ARCHIVE, name="mine")
    studio.service.opentok.faults.fail_next("archive.start")
    with pytest.raises(ProviderUnavailable):
        studio.start(MediaKind.ARCHIVE, name="mine")


@pytest.mark.parametrize("kind", MediaKind)
def test_what_cannot_be_recorded_is_stopped_again(studio: Studio, kind: MediaKind) -> None:
    studio.service.table.faults.fail_next("save")
    with pytest.raises(StoreUnavailable):
        studio.start(kind)
    assert _running(studio, kind) == {}


@pytest.mark.parametrize("kind", MediaKind)
def test_a_room_that_is_closed_while_something_starts_in_it_does_not_have_it_run_on(
    studio: Studio, kind: MediaKind
) -> None:
    service = studio.service
    service.opentok.faults.before_next(f"{kind}.start", lambda: _close_unnoticed(service))
    with pytest.raises(RoomClosed):
        studio.start(kind)
    assert _running(studio, kind) == {}


def _running(studio: Studio, kind: MediaKind) -> dict[str, object]:
    sessions = studio.service.opentok.sessions
    return {each["id"]: each for of in sessions for each in studio.objects(kind).running(of)}


def _close_unnoticed(service: Service) -> None:
    """Close the room without what is done to those who are in it, and to what runs."""
    service.stores.rooms.close(service.room(), NOON, service.deadline)


def _tell_of_the_pages_connection(service: Service) -> None:
    session = service.opentok.sessions[service.room().session_id]
    for connection in session.connections.values():
        if connection.participant.service is not None:
            service.arrives(connection)
