"""Starts of media: by whom, in which rooms, and that each is on record."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.model.media import MediaKind
from chalicelib.core.model.room_settings import MediaMode
from chalicelib.errors import (
    AlreadyBroadcasting,
    AlreadyCaptioning,
    AlreadyRecording,
    ProviderRefused,
    RoomkeyError,
)
from tests.fakes.service import ALICE, BOB, CAROL, ROOT, Service
from tests.fakes.studio import Studio
from tests.support.noon import NOON


@pytest.mark.parametrize("kind", MediaKind)
def test_what_is_started_is_on_record_before_it_is_heard_of(
    studio: Studio, kind: MediaKind
) -> None:
    media = studio.start_unreported(kind)
    assert media.is_running
    assert list(studio.on_record(kind)) == [media.id] == list(_running(studio, kind))


@pytest.mark.parametrize("kind", MediaKind)
def test_only_moderators_and_admins_start_anything(studio: Studio, kind: MediaKind) -> None:
    assert studio.refusal(kind, BOB) == "not_a_moderator"
    assert studio.refusal(kind, ROOT) is None


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"media_mode": MediaMode.RELAYED}, "not_routed"),
        ({"e2ee": True}, "encrypted_room"),
    ],
)
@pytest.mark.parametrize("kind", MediaKind)
def test_rooms_whose_media_opentok_does_not_see_are_refused_before_it_is_asked(
    studio: Studio, kind: MediaKind, settings: dict[str, Any], code: str
) -> None:
    studio.service.open("unseen", **settings)
    studio.service.enter(BOB, "unseen")
    studio.service.opentok.faults.calls.clear()
    assert studio.refusal(kind, room="unseen") == code
    assert not studio.service.opentok.faults.calls


@pytest.mark.parametrize(
    "close",
    [Service.close, lambda service: service.change({"closes_at": NOON})],
    ids=["deleted", "hours over"],
)
@pytest.mark.parametrize("kind", MediaKind)
def test_nothing_is_started_in_a_closed_room(
    studio: Studio, kind: MediaKind, close: Callable[[Service], object]
) -> None:
    close(studio.service)
    studio.service.opentok.faults.calls.clear()
    assert studio.refusal(kind) == "room_closed"
    assert not studio.service.opentok.faults.calls


@pytest.mark.parametrize("kind", [MediaKind.ARCHIVE, MediaKind.BROADCAST])
def test_there_must_be_somebody_to_compose(studio: Studio, kind: MediaKind) -> None:
    studio.service.open("empty")
    assert studio.refusal(kind, room="empty") == "nobody_connected"


@pytest.mark.parametrize("kind", MediaKind)
def test_a_room_that_is_not_there_is_not_found(studio: Studio, kind: MediaKind) -> None:
    assert studio.refusal(kind, room="none") == "room_not_found"


@pytest.mark.parametrize(
    ("kind", "refusal"),
    [
        (MediaKind.ARCHIVE, AlreadyRecording),
        (MediaKind.BROADCAST, AlreadyBroadcasting),
        (MediaKind.CAPTIONS, AlreadyCaptioning),
    ],
)
def test_a_second_one_is_refused_and_leaves_the_first(
    studio: Studio, kind: MediaKind, refusal: type[RoomkeyError]
) -> None:
    first = studio.start(kind)
    with pytest.raises(refusal):
        studio.start(kind)
    assert list(studio.on_record(kind)) == [first.id]


def test_captions_that_run_are_named_to_who_would_start_others(studio: Studio) -> None:
    first = studio.start(MediaKind.CAPTIONS)
    with pytest.raises(AlreadyCaptioning) as refusal:
        studio.start(MediaKind.CAPTIONS)
    assert refusal.value.extensions == {"captionsId": first.id}


def test_captions_of_which_nothing_is_known_are_not_named(studio: Studio) -> None:
    studio.objects(MediaKind.CAPTIONS).begin(studio.service.room().session_id)
    studio.service.opentok.events.clear()
    with pytest.raises(AlreadyCaptioning) as refusal:
        studio.start(MediaKind.CAPTIONS)
    assert refusal.value.extensions == {}


@pytest.mark.parametrize("kind", MediaKind)
def test_what_opentok_refuses_is_reported_and_leaves_no_trace(
    studio: Studio, kind: MediaKind
) -> None:
    studio.service.opentok.faults.fail_next(f"{kind}.start", ProviderRefused("No."))
    with pytest.raises(ProviderRefused):
        studio.start(kind)
    assert studio.on_record(kind) == {}


@pytest.mark.parametrize("kind", [MediaKind.CAPTIONS, MediaKind.RENDER])
def test_a_services_token_is_of_no_user_lasts_minutes_and_does_not_outlive_the_room(
    studio: Studio, kind: MediaKind
) -> None:
    service = studio.service
    for closes_in, lasts in ((timedelta(hours=1), 300), (timedelta(seconds=9), 9)):
        name = f"closing-in-{lasts}"
        service.open(name, closes_at=NOON + closes_in)
        service.enter(BOB, name)
        studio.start(kind, room=name)
        spec = list(service.opentok.specs.values())[-1]
        assert spec.expires_at == NOON.timestamp() + lasts
        assert '"userId":null' in spec.connection_data


def test_a_page_takes_no_seat_and_may_come_into_a_full_and_locked_room(studio: Studio) -> None:
    service = studio.service
    service.open("full", max_participants=1)
    service.enter(CAROL, "full")
    service.change(locked=True, name="full")
    render = studio.start(MediaKind.RENDER, ALICE, "full")
    assert studio.at_opentok(MediaKind.RENDER, "full") == {render.id: "started"}
    assert set(service.room("full").seats.connections) == {"carol"}


def _running(studio: Studio, kind: MediaKind) -> dict[str, object]:
    sessions = studio.service.opentok.sessions
    return {each["id"]: each for of in sessions for each in studio.objects(kind).running(of)}
