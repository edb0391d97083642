"""Media platforms: the fakes, and the real adapters over HTTP."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from chalicelib.core.model.media import MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.model.room_settings import MediaMode, RoomSettings
from chalicelib.core.model.user import Role
from chalicelib.core.ports.media_platforms import Options, StartRequest
from chalicelib.core.ports.video_platform import TokenSpec
from chalicelib.core.support.formats import utc_now
from chalicelib.errors import (
    AlreadyBroadcasting,
    AlreadyCaptioning,
    AlreadyRecording,
    NobodyConnected,
    NotRouted,
    ProviderRefused,
    RoomkeyError,
    StreamsNotManual,
)
from tests.fakes.opentok.ports import Platforms
from tests.support.stores.example_rooms import soon
from tests.support.stores.platforms import Platform

if TYPE_CHECKING:
    from chalicelib.core.support.deadline import Deadline

UNKNOWN = str(uuid4())
HLS: Options = {"outputs": {"hls": {}}}
PAGE: Options = {"url": "https://page.example.com"}
SIP: Options = {"sip": {"uri": "sip:alice@example.com"}}
WEBSOCKET: Options = {"websocket": {"uri": "wss://example.com/audio"}}


def new_session(platform: Platform, **settings: Any) -> str:
    return platform.ports.video.create_session(RoomSettings(**settings), None, soon())


def request(
    platform: Platform, session_id: str, options: Options, role: Role = Role.MODERATOR
) -> StartRequest:
    expires_at = int((utc_now() + timedelta(hours=1)).timestamp())
    wanted = TokenSpec(session_id, role, expires_at, '{"service":"render"}')
    return StartRequest(session_id, options, platform.ports.video.sign_token(wanted, soon()))


def enter(platform: Platform, session_id: str) -> str:
    token = request(platform, session_id, {}).token
    assert token is not None
    return platform.connect(token.text)


def start(
    kind: MediaKind, platform: Platform, session_id: str, options: Options | None = None
) -> MediaReport:
    """One of this kind, started with these options beside those that it needs."""
    ports, given = platform.ports, options or {}
    match kind:
        case MediaKind.ARCHIVE:
            return ports.archives.start(StartRequest(session_id, given), soon())
        case MediaKind.BROADCAST:
            return ports.broadcasts.start(StartRequest(session_id, {**HLS, **given}), soon())
        case MediaKind.CAPTIONS:
            return ports.captions.start(request(platform, session_id, given), soon())
        case MediaKind.RENDER:
            wanted = request(platform, session_id, {**PAGE, **given})
            return ports.renders.start(wanted, soon())


def one(kind: MediaKind, ports: Platforms, media_id: str) -> MediaReport | None:
    """Return the report of one of this kind; OpenTok has none of captions."""
    asked: dict[MediaKind, Callable[[str, Deadline], MediaReport | None]] = {
        MediaKind.ARCHIVE: ports.archives.one,
        MediaKind.BROADCAST: ports.broadcasts.one,
        MediaKind.RENDER: ports.renders.one,
    }
    return asked[kind](media_id, soon())


def listed(kind: MediaKind, ports: Platforms, session_id: str) -> Sequence[MediaReport]:
    platforms = {
        MediaKind.ARCHIVE: ports.archives,
        MediaKind.BROADCAST: ports.broadcasts,
        MediaKind.CAPTIONS: ports.captions,
        MediaKind.RENDER: ports.renders,
    }
    return platforms[kind].of_session(session_id, soon())


ASKED_ABOUT = (MediaKind.ARCHIVE, MediaKind.BROADCAST, MediaKind.RENDER)
COMPOSED = (MediaKind.ARCHIVE, MediaKind.BROADCAST)


@pytest.fixture
def session_id(platform: Platform) -> str:
    """A session that somebody is in."""
    session_id = new_session(platform)
    enter(platform, session_id)
    return session_id


@pytest.mark.parametrize("kind", MediaKind)
def test_what_is_started_tells_its_session_and_that_it_runs(
    platform: Platform, session_id: str, kind: MediaKind
) -> None:
    report = start(kind, platform, session_id)
    assert (report.kind, report.session_id) == (kind, session_id)
    assert report.to_media("room").is_running
    assert utc_now() - report.created_at < timedelta(minutes=1)
    assert report.updated_at.microsecond == 0


@pytest.mark.parametrize("kind", MediaKind)
def test_nothing_is_made_of_a_relayed_session(platform: Platform, kind: MediaKind) -> None:
    relayed = new_session(platform, media_mode=MediaMode.RELAYED)
    enter(platform, relayed)
    with pytest.raises(NotRouted):
        start(kind, platform, relayed)


@pytest.mark.parametrize("kind", COMPOSED)
def test_nothing_is_composed_where_nobody_is(platform: Platform, kind: MediaKind) -> None:
    empty = new_session(platform)
    with pytest.raises(NobodyConnected):
        start(kind, platform, empty)
    platform.leave(enter(platform, empty))
    with pytest.raises(NobodyConnected):
        start(kind, platform, empty)


@pytest.mark.parametrize(
    ("kind", "tag", "refusal"),
    [
        (MediaKind.ARCHIVE, "multiArchiveTag", AlreadyRecording),
        (MediaKind.BROADCAST, "multiBroadcastTag", AlreadyBroadcasting),
    ],
)
def test_one_of_a_tag_runs_in_a_session_at_a_time(
    platform: Platform, session_id: str, kind: MediaKind, tag: str, refusal: type[RoomkeyError]
) -> None:
    first = start(kind, platform, session_id)
    start(kind, platform, session_id, {tag: "other"})
    for options in ({}, {tag: "other"}):
        with pytest.raises(refusal):
            start(kind, platform, session_id, options)
    platform.move(kind, first.id, "stopped")
    start(kind, platform, session_id)


def test_captions_run_once_in_a_session_and_need_a_moderators_token(
    platform: Platform, session_id: str
) -> None:
    captions = platform.ports.captions
    with pytest.raises(ProviderRefused):
        captions.start(request(platform, session_id, {}, Role.PUBLISHER), soon())
    first = start(MediaKind.CAPTIONS, platform, session_id)
    with pytest.raises(AlreadyCaptioning):
        start(MediaKind.CAPTIONS, platform, session_id)
    assert captions.stop(first.id, soon()) is None
    start(MediaKind.CAPTIONS, platform, session_id)


@pytest.mark.parametrize("kind", ASKED_ABOUT)
def test_one_is_known_by_its_id_and_listed_with_its_session(
    platform: Platform, session_id: str, kind: MediaKind
) -> None:
    ports, other = platform.ports, new_session(platform)
    enter(platform, other)
    first = start(kind, platform, session_id)
    elsewhere = start(kind, platform, other)
    found = one(kind, ports, first.id)
    assert found is not None
    assert (found.id, found.session_id, found.status) == (first.id, session_id, "started")
    assert one(kind, ports, UNKNOWN) is None
    assert [each.id for each in listed(kind, ports, session_id)] == [first.id]
    assert [each.id for each in listed(kind, ports, other)] == [elsewhere.id]


@pytest.mark.parametrize("kind", ASKED_ABOUT)
def test_what_has_failed_is_listed_as_it_stands(
    platform: Platform, session_id: str, kind: MediaKind
) -> None:
    report = start(kind, platform, session_id)
    platform.move(kind, report.id, "failed")
    assert [each.status for each in listed(kind, platform.ports, session_id)] == ["failed"]


def test_captions_are_listed_nowhere(platform: Platform, session_id: str) -> None:
    start(MediaKind.CAPTIONS, platform, session_id)
    assert list(listed(MediaKind.CAPTIONS, platform.ports, session_id)) == []


def test_a_stopped_archive_may_be_stopped_again_until_it_is_a_file(
    platform: Platform, session_id: str
) -> None:
    archives = platform.ports.archives
    archive = start(MediaKind.ARCHIVE, platform, session_id)
    for _ in range(2):
        stopped = archives.stop(archive.id, soon())
        assert stopped is not None
        assert (stopped.status, stopped.content["reason"]) == ("stopped", "user initiated")
    platform.move(MediaKind.ARCHIVE, archive.id, "available")
    assert archives.stop(archive.id, soon()) is None
    assert archives.stop(UNKNOWN, soon()) is None


def test_an_archive_is_deleted_once_it_is_a_file_and_is_listed_no_more(
    platform: Platform, session_id: str
) -> None:
    archives = platform.ports.archives
    archive = start(MediaKind.ARCHIVE, platform, session_id)
    assert not archives.delete(archive.id, soon())
    for status, may_be in (("stopped", False), ("failed", False), ("expired", False)):
        platform.move(MediaKind.ARCHIVE, archive.id, status)
        assert archives.delete(archive.id, soon()) == may_be
    platform.move(MediaKind.ARCHIVE, archive.id, "uploaded")
    assert archives.delete(archive.id, soon())
    assert list(archives.of_session(session_id, soon())) == []
    found = archives.one(archive.id, soon())
    assert found is not None
    assert found.status == "deleted"
    assert archives.delete(archive.id, soon())
    assert not archives.delete(UNKNOWN, soon())


def test_a_broadcast_is_stopped_once(platform: Platform, session_id: str) -> None:
    broadcasts = platform.ports.broadcasts
    broadcast = start(MediaKind.BROADCAST, platform, session_id)
    assert broadcast.content["broadcastUrls"]["hls"].startswith("https://")
    stopped = broadcasts.stop(broadcast.id, soon())
    assert stopped is not None
    assert (stopped.status, stopped.content["broadcastUrls"]) == ("stopped", None)
    assert broadcasts.stop(broadcast.id, soon()) is None
    assert broadcasts.stop(UNKNOWN, soon()) is None


@pytest.mark.parametrize("kind", COMPOSED)
def test_streams_are_laid_out_and_chosen_in_what_there_is(
    platform: Platform, session_id: str, kind: MediaKind
) -> None:
    ports = platform.ports
    composed = ports.archives if kind is MediaKind.ARCHIVE else ports.broadcasts
    stream = platform.publish(enter(platform, session_id))
    automatic = start(kind, platform, session_id)
    tag = f"multi{kind.capitalize()}Tag"
    manual = start(kind, platform, session_id, {"streamMode": "manual", tag: "manual"})

    assert composed.set_layout(automatic.id, {"type": "pip"}, soon())
    assert not composed.set_layout(UNKNOWN, {"type": "pip"}, soon())
    with pytest.raises(StreamsNotManual):
        composed.change_streams(automatic.id, {"addStream": stream}, soon())
    assert not composed.change_streams(manual.id, {"removeStream": stream}, soon())
    assert not composed.change_streams(manual.id, {"addStream": UNKNOWN}, soon())
    assert composed.change_streams(manual.id, {"addStream": stream}, soon())
    assert composed.change_streams(manual.id, {"removeStream": stream}, soon())
    assert not composed.change_streams(UNKNOWN, {"addStream": stream}, soon())


def test_a_render_connects_and_publishes_and_leaves_when_it_is_stopped(
    platform: Platform, session_id: str
) -> None:
    ports = platform.ports
    before = {each.id for each in ports.connections.connections(session_id, soon())}
    render = start(MediaKind.RENDER, platform, session_id)
    assert render.status == "starting"
    (connection,) = (
        each for each in ports.connections.connections(session_id, soon()) if each.id not in before
    )
    assert len(ports.connections.streams(session_id, soon())) == 1
    for _ in range(2):
        assert ports.renders.stop(render.id, soon()) is None
    assert connection.id not in {
        each.id for each in ports.connections.connections(session_id, soon())
    }
    assert [each.status for each in ports.renders.of_session(session_id, soon())] == ["stopped"]


def test_a_render_whose_page_is_disconnected_has_ended(platform: Platform, session_id: str) -> None:
    ports = platform.ports
    before = {each.id for each in ports.connections.connections(session_id, soon())}
    render = start(MediaKind.RENDER, platform, session_id)
    (connection,) = (
        each for each in ports.connections.connections(session_id, soon()) if each.id not in before
    )
    assert ports.connections.disconnect(session_id, connection.id, soon())
    found = ports.renders.one(render.id, soon())
    assert found is not None
    assert found.status == "stopped"


def test_a_call_and_a_websocket_come_as_connections(platform: Platform, session_id: str) -> None:
    ports = platform.ports
    call = ports.telephony.dial(request(platform, session_id, SIP), soon())
    audio = ports.telephony.connect_audio(request(platform, session_id, WEBSOCKET), soon())
    connected = {each.id for each in ports.connections.connections(session_id, soon())}
    assert {call["connectionId"], audio["connectionId"]} <= connected
    assert len({call["id"], audio["id"]}) == 2
    with pytest.raises(ProviderRefused):
        ports.telephony.dial(request(platform, session_id, SIP, Role.SUBSCRIBER), soon())


def test_no_call_and_no_websocket_comes_into_a_relayed_session(platform: Platform) -> None:
    relayed, audio = new_session(platform, media_mode=MediaMode.RELAYED), platform.ports.telephony
    for begin, options in ((audio.dial, SIP), (audio.connect_audio, WEBSOCKET)):
        with pytest.raises(NotRouted):
            begin(request(platform, relayed, options), soon())


def test_tones_are_played_to_one_or_all_where_anybody_ever_was(platform: Platform) -> None:
    audio, session_id = platform.ports.telephony, new_session(platform)
    assert not audio.play_digits(session_id, None, "1", soon())
    bob = enter(platform, session_id)
    assert audio.play_digits(session_id, None, "12", soon())
    assert audio.play_digits(session_id, bob, "3#", soon())
    assert not audio.play_digits(session_id, UNKNOWN, "4", soon())
    assert platform.seen(session_id).tones == [("12", None), ("3#", bob)]
