"""Features that the operator allows to nobody, to admins, or to moderators; and for how long."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import pytest

from chalicelib.core.model.media import AllowedTo, Feature, MediaKind
from chalicelib.core.model.room_settings import ArchiveMode
from chalicelib.core.model.user import User
from chalicelib.errors import FeatureDisabled, InvalidField, ProviderUnavailable, RoomkeyError
from tests.fakes.service import ALICE, BOB, ROOT, Service
from tests.fakes.studio import Studio
from tests.support.features import ALL_FEATURES

BY_DEFAULT: Final = dict.fromkeys(ALL_FEATURES, "")
SIP: Final = {"sip": {"uri": "sip:bob@pbx.test"}}
SOCKET: Final = {"websocket": {"uri": "wss://audio.test/in"}}
RTMP: Final = {"outputs": {"rtmp": [{"serverUrl": "rtmp://live.test/app", "streamName": "key"}]}}


def dial(studio: Studio, user: User, room: str = "standup", **options: Any) -> Any:
    telephony = studio.service.use_cases.media().telephony
    return telephony.dial(user, room, {**SIP, **options}, studio.service.deadline)[1]


def connect_audio(studio: Studio, user: User, room: str = "standup", **options: Any) -> Any:
    telephony = studio.service.use_cases.media().telephony
    return telephony.connect_audio(user, room, {**SOCKET, **options}, studio.service.deadline)[1]


def play_digits(studio: Studio, user: User, room: str = "standup") -> None:
    telephony = studio.service.use_cases.media().telephony
    telephony.play_digits(user, room, None, "1", studio.service.deadline)


Start = Callable[[Studio, User, str], object]
STARTS: Final[Mapping[str, tuple[Feature, Start]]] = {
    "archive": (
        Feature.RECORDING,
        lambda studio, user, room: studio.start(MediaKind.ARCHIVE, user, room),
    ),
    "broadcast": (
        Feature.BROADCASTS,
        lambda studio, user, room: studio.start(MediaKind.BROADCAST, user, room),
    ),
    "captions": (
        Feature.CAPTIONS,
        lambda studio, user, room: studio.start(MediaKind.CAPTIONS, user, room),
    ),
    "render": (
        Feature.RENDERS,
        lambda studio, user, room: studio.start(MediaKind.RENDER, user, room),
    ),
    "call": (Feature.SIP, dial),
    "tones": (Feature.SIP, play_digits),
    "audio connector": (Feature.AUDIO_CONNECTORS, connect_audio),
}
every_start = pytest.mark.parametrize(("feature", "start"), STARTS.values(), ids=STARTS)


def studio_with(**settings: str) -> Studio:
    """A room whose stage has all features, but for these settings."""
    return Studio(Service(settings=settings))


def refusal(start: Start, studio: Studio, user: User, room: str = "standup") -> str | None:
    """The error code of a start; None if it succeeds."""
    try:
        start(studio, user, room)
    except RoomkeyError as error:
        return error.code
    return None


@every_start
def test_by_default_moderators_may_record_and_caption_and_nothing_else(
    feature: Feature, start: Start
) -> None:
    studio = studio_with(**BY_DEFAULT)
    allowed = feature in (Feature.RECORDING, Feature.CAPTIONS)
    assert refusal(start, studio, ALICE) == (None if allowed else "feature_disabled")


@every_start
def test_nobody_starts_a_feature_that_is_off_and_nothing_is_asked_of_opentok(
    feature: Feature, start: Start
) -> None:
    studio = studio_with(**{feature.setting: "off"})
    studio.service.opentok.faults.calls.clear()
    for user in (ALICE, ROOT):
        assert refusal(start, studio, user) == "feature_disabled"
        assert refusal(start, studio, user, "no-such-room") == "feature_disabled"
    assert not studio.service.opentok.faults.calls


@every_start
def test_admins_alone_start_a_feature_that_is_for_admins(feature: Feature, start: Start) -> None:
    studio = studio_with(**{feature.setting: "admins"})
    assert refusal(start, studio, ALICE) == "feature_disabled"
    assert refusal(start, studio, ROOT) is None


@every_start
def test_a_feature_for_moderators_is_for_those_of_the_room(feature: Feature, start: Start) -> None:
    studio = studio_with(**{feature.setting: "moderators"})
    assert refusal(start, studio, BOB) == "not_a_moderator"
    assert refusal(start, studio, ALICE) is None


@every_start
def test_a_switch_is_of_its_own_feature_alone(feature: Feature, start: Start) -> None:
    others_off = {each.setting: "off" for each in Feature if each is not feature}
    assert refusal(start, studio_with(**others_off), ALICE) is None


@pytest.mark.parametrize("allowed_to", [AllowedTo.OFF, AllowedTo.ADMINS])
def test_a_refusal_names_the_feature_who_may_and_the_setting(allowed_to: AllowedTo) -> None:
    studio = studio_with(ALLOW_AUDIO_CONNECTORS=allowed_to)
    with pytest.raises(FeatureDisabled, match="ALLOW_AUDIO_CONNECTORS") as refused:
        connect_audio(studio, ALICE)
    assert refused.value.extensions == {
        "feature": "audioConnectors",
        "allowedTo": allowed_to,
        "setting": "ALLOW_AUDIO_CONNECTORS",
    }


def test_what_runs_can_be_read_stopped_and_deleted_where_its_feature_is_off() -> None:
    studio = studio_with(**{feature.setting: "off" for feature in Feature})
    service, media = studio.service, studio.service.use_cases.media()
    ids = {}
    for kind in MediaKind:
        content = {} if kind is not MediaKind.CAPTIONS else {"captionsId": "captions"}
        ids[kind] = studio.objects(kind).begin(service.room().session_id, **content)
    service.deliver()
    until = service.deadline
    archive = ids[MediaKind.ARCHIVE]
    assert media.read_archives.page(ALICE, "standup", None, 1, until)[1].items
    media.record_archives.stop(ALICE, "standup", archive, until)
    media.broadcasts.stop(ALICE, "standup", ids[MediaKind.BROADCAST], until)
    media.captions.stop(ALICE, "standup", ids[MediaKind.CAPTIONS], until)
    studio.objects(MediaKind.ARCHIVE).move(archive, "available")
    media.record_archives.delete(ALICE, "standup", archive, until)
    assert studio.at_opentok(MediaKind.BROADCAST) == {ids[MediaKind.BROADCAST]: "stopped"}
    assert studio.on_record(MediaKind.ARCHIVE) == {}


# Rooms that record themselves.


def always(service: Service, user: User) -> str | None:
    """The error code of creating a room that records itself."""
    try:
        service.open("recorded", user, archive_mode=ArchiveMode.ALWAYS)
    except RoomkeyError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("setting", "alice", "root"),
    [
        ("", None, None),
        ("moderators", None, None),
        ("admins", "feature_disabled", None),
        ("off", "feature_disabled", "feature_disabled"),
    ],
)
def test_whoever_may_record_may_create_a_room_that_records_itself(
    setting: str, alice: str | None, root: str | None
) -> None:
    assert always(Service(settings={"ALLOW_RECORDING": setting}), ALICE) == alice
    assert always(Service(settings={"ALLOW_RECORDING": setting}), ROOT) == root


def test_a_refused_room_does_not_exist_and_has_no_session() -> None:
    service = Service(settings={"ALLOW_RECORDING": "off"})
    always(service, ALICE)
    assert service.stores.rooms.find("recorded", service.deadline) is None
    assert service.opentok.sessions == {}


def test_a_room_that_records_itself_is_returned_to_a_member_who_may_not_create_it() -> None:
    service = Service(settings={"ALLOW_RECORDING": "admins"})
    assert always(service, ROOT) is None
    assert always(service, ALICE) is None


def test_no_room_records_itself_where_archives_must_be_shorter_than_opentok_makes_them() -> None:
    service = Service(settings={"MAX_RECORDING_SECONDS": "14399"})
    with pytest.raises(FeatureDisabled) as refused:
        service.open("recorded", archive_mode=ArchiveMode.ALWAYS)
    assert refused.value.extensions["setting"] == "MAX_RECORDING_SECONDS"


def test_a_room_that_records_itself_is_opened_again_only_by_those_who_may_record() -> None:
    service = Service(settings={"ALLOW_RECORDING": "admins"})
    service.open("recorded", ROOT, archive_mode=ArchiveMode.ALWAYS, moderators={"alice"})
    service.change({"closes_at": service.clock.now}, name="recorded")
    later = {"closes_at": service.clock.now + timedelta(hours=1)}
    before = service.room("recorded")
    with pytest.raises(FeatureDisabled):
        service.change(later, name="recorded")
    assert service.room("recorded") == before
    assert service.change(later, name="recorded", user=ROOT).session_id != before.session_id


# Durations.


@pytest.mark.parametrize(
    ("kind", "longest"),
    [
        (MediaKind.BROADCAST, "MAX_BROADCASTS_SECONDS"),
        (MediaKind.CAPTIONS, "MAX_CAPTIONS_SECONDS"),
        (MediaKind.RENDER, "MAX_RENDERS_SECONDS"),
    ],
)
def test_nobody_asks_for_a_longer_duration_than_the_stage_allows(
    kind: MediaKind, longest: str
) -> None:
    studio = studio_with(**{longest: "600"})
    with pytest.raises(InvalidField, match="maxDuration: must be at most 600"):
        studio.start(kind, ROOT, maxDuration=601)
    assert studio.start(kind, maxDuration=600).is_running


@pytest.mark.parametrize(("asked", "told"), [({}, 600), ({"maxDuration": 60}, 60)])
def test_opentok_is_given_the_longest_duration_unless_a_shorter_one_is_asked_for(
    asked: dict[str, Any], told: int
) -> None:
    studio = studio_with(MAX_BROADCASTS_SECONDS="600")
    assert studio.start(MediaKind.BROADCAST, **asked).content["maxDuration"] == told


@pytest.mark.parametrize(
    ("kind", "longest"),
    [
        (MediaKind.ARCHIVE, "MAX_RECORDING_SECONDS"),
        (MediaKind.BROADCAST, "MAX_BROADCASTS_SECONDS"),
        (MediaKind.RENDER, "MAX_RENDERS_SECONDS"),
    ],
)
def test_media_that_run_too_long_are_stopped(kind: MediaKind, longest: str) -> None:
    studio = studio_with(**{longest: "600"})
    service, media = studio.service, studio.start(kind)
    service.clock.forward(seconds=599)
    service.reconcile()
    assert studio.at_opentok(kind) == {media.id: "started"}
    service.clock.forward(seconds=81)
    service.reconcile()
    assert studio.at_opentok(kind) == studio.on_record(kind) == {media.id: "stopped"}


def test_an_archive_that_was_paused_meanwhile_is_stopped_too() -> None:
    studio = studio_with(MAX_RECORDING_SECONDS="600")
    archive = studio.start(MediaKind.ARCHIVE)
    studio.objects(MediaKind.ARCHIVE).move(archive.id, "paused")
    studio.service.clock.forward(minutes=11)
    studio.service.reconcile()
    assert studio.on_record(MediaKind.ARCHIVE) == {archive.id: "stopped"}


CONNECTORS: Final = {
    "call": (dial, "MAX_SIP_SECONDS"),
    "audio connector": (connect_audio, "MAX_AUDIO_CONNECTORS_SECONDS"),
}


@pytest.mark.parametrize(("connect", "longest"), CONNECTORS.values(), ids=CONNECTORS)
def test_a_call_that_lasts_too_long_is_ended_and_nobody_else_is(
    connect: Callable[[Studio, User], Any], longest: str
) -> None:
    studio = studio_with(**{longest: "600"})
    service, (bob,) = studio.service, studio.service.connected()
    connected = connect(studio, ALICE)["connectionId"]
    service.clock.forward(seconds=599)
    service.reconcile()
    assert service.connected() == {bob, connected}
    service.clock.forward(seconds=81)
    service.reconcile()
    assert service.connected() == {bob}
    service.clock.forward(minutes=2)
    service.reconcile()
    assert service.recorded() == {bob: "bob"}


def test_a_call_that_cannot_be_ended_is_ended_later_and_hides_no_render() -> None:
    studio = studio_with(MAX_SIP_SECONDS="60", MAX_RENDERS_SECONDS="60")
    service, (bob,) = studio.service, studio.service.connected()
    dial(studio, ALICE)
    studio.start(MediaKind.RENDER)
    service.opentok.faults.fail_next("disconnect", ProviderUnavailable("No answer."))
    service.clock.forward(minutes=2)
    service.reconcile()
    assert list(studio.at_opentok(MediaKind.RENDER).values()) == ["stopped"]
    assert service.connected() > {bob}
    service.clock.forward(minutes=2)
    service.reconcile()
    assert service.connected() == {bob}


# Hosts.


@pytest.mark.parametrize(
    ("start", "field"),
    [
        (lambda studio: studio.start(MediaKind.RENDER), "url"),
        (lambda studio: studio.start(MediaKind.BROADCAST, **RTMP), "outputs.rtmp[0].serverUrl"),
        (lambda studio: dial(studio, ALICE), "sip.uri"),
        (lambda studio: connect_audio(studio, ALICE), "websocket.uri"),
    ],
    ids=["render", "broadcast", "call", "audio connector"],
)
def test_opentok_is_sent_to_no_host_that_the_operator_has_not_listed(
    start: Callable[[Studio], object], field: str
) -> None:
    studio = studio_with(MEDIA_HOSTS="")
    studio.service.opentok.faults.calls.clear()
    with pytest.raises(InvalidField, match="MEDIA_HOSTS") as refused:
        start(studio)
    assert [each.field for each in refused.value.fields] == [field]
    assert not studio.service.opentok.faults.calls
    start(studio_with(MEDIA_HOSTS="page.test, live.test,pbx.test, audio.test,"))


def test_each_server_of_a_broadcast_is_checked_and_hls_needs_none() -> None:
    studio = studio_with(MEDIA_HOSTS="live.test")
    (listed,) = RTMP["outputs"]["rtmp"]
    other = {"serverUrl": "rtmp://127.0.0.1/app", "streamName": "key"}
    with pytest.raises(InvalidField, match=r"outputs\.rtmp\[1\]\.serverUrl"):
        studio.start(MediaKind.BROADCAST, outputs={"hls": {}, "rtmp": [listed, other]})
    assert studio.start(MediaKind.BROADCAST).is_running
