"""Sessions, tokens and control of connections: the fake, and OpenTok over HTTP."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from chalicelib.core.model.room_settings import MediaMode, RoomSettings
from chalicelib.core.model.user import Role
from chalicelib.core.ports.video_platform import TokenSpec
from chalicelib.core.support.formats import utc_now
from chalicelib.errors import ProviderRefused, SignalTooLarge
from tests.support.stores.example_rooms import soon
from tests.support.stores.platforms import Platform

UNKNOWN = str(uuid4())


def new_session(platform: Platform, **settings: Any) -> str:
    return platform.ports.video.create_session(RoomSettings(**settings), None, soon())


def published(platform: Platform, session_id: str) -> set[str]:
    return {each.id for each in platform.ports.connections.streams(session_id, soon())}


def token(platform: Platform, session_id: str, role: Role = Role.PUBLISHER) -> str:
    expires_at = int((utc_now() + timedelta(hours=1)).timestamp())
    spec = TokenSpec(session_id, role, expires_at, '{"userId":"bob"}')
    return platform.ports.video.sign_token(spec, soon()).text


def enter(platform: Platform, session_id: str) -> str:
    return platform.connect(token(platform, session_id))


@pytest.fixture
def session_id(platform: Platform) -> str:
    return new_session(platform)


def test_every_session_is_another_and_tells_when_it_was_made(platform: Platform) -> None:
    first, second = new_session(platform), new_session(platform, media_mode=MediaMode.RELAYED)
    assert first != second
    started = platform.ports.connections.session_started(first)
    assert started is not None
    assert timedelta() <= utc_now() - started < timedelta(minutes=1)


def test_an_id_that_is_no_sessions_tells_no_time(platform: Platform) -> None:
    assert platform.ports.connections.session_started("1_none") is None


def test_no_token_is_made_for_a_session_of_another_project(platform: Platform) -> None:
    with pytest.raises(ProviderRefused):
        token(platform, "2_MX4xMjM0NTY3OH4")


def test_a_token_is_of_the_project_that_clients_connect_with(
    platform: Platform, session_id: str
) -> None:
    video = platform.ports.video
    expires_at = int((utc_now() + timedelta(hours=1)).timestamp())
    made = video.sign_token(TokenSpec(session_id, Role.SUBSCRIBER, expires_at, ""), soon())
    assert made.project_id == video.project_id(soon())


@pytest.mark.parametrize("lifetime", [timedelta(seconds=-5), timedelta(days=30, minutes=1)])
def test_no_token_is_made_that_opentok_would_not_take(
    platform: Platform, session_id: str, lifetime: timedelta
) -> None:
    expires_at = int((utc_now() + lifetime).timestamp())
    with pytest.raises(ProviderRefused):
        platform.ports.video.sign_token(
            TokenSpec(session_id, Role.PUBLISHER, expires_at, ""), soon()
        )


@pytest.mark.parametrize("part", ["connection_data", "layout_classes"])
def test_no_token_holds_more_than_opentok_takes(
    platform: Platform, session_id: str, part: str
) -> None:
    expires_at = int((utc_now() + timedelta(hours=1)).timestamp())
    fits = TokenSpec(session_id, Role.PUBLISHER, expires_at, "d" * 1000, ["c" * 499, "c" * 500])
    platform.ports.video.sign_token(fits, soon())
    longer: dict[str, Any] = {"connection_data": "d" * 1001, "layout_classes": ["c" * 500] * 2}
    with pytest.raises(ProviderRefused):
        platform.ports.video.sign_token(replace(fits, **{part: longer[part]}), soon())


def test_who_is_connected_is_listed_with_the_time_they_came(
    platform: Platform, session_id: str
) -> None:
    connections = platform.ports.connections
    assert list(connections.connections(session_id, soon())) == []
    enter(platform, new_session(platform))
    bob, carol = enter(platform, session_id), enter(platform, session_id)
    listed = {each.id: each.since for each in connections.connections(session_id, soon())}
    assert listed.keys() == {bob, carol}
    assert all(utc_now() - since < timedelta(minutes=1) for since in listed.values())
    platform.leave(bob)
    assert [each.id for each in connections.connections(session_id, soon())] == [carol]


def test_streams_are_listed_until_they_or_their_connections_end(
    platform: Platform, session_id: str
) -> None:
    assert published(platform, session_id) == set()
    bob, carol = enter(platform, session_id), enter(platform, session_id)
    first, second, third = platform.publish(bob), platform.publish(bob), platform.publish(carol)
    assert published(platform, session_id) == {first, second, third}
    platform.unpublish(first)
    assert published(platform, session_id) == {second, third}
    platform.leave(bob)
    assert published(platform, session_id) == {third}


def test_a_client_is_forced_out_once_and_of_its_own_session_alone(
    platform: Platform, session_id: str
) -> None:
    connections, other = platform.ports.connections, new_session(platform)
    assert not connections.disconnect(session_id, UNKNOWN, soon())
    bob = enter(platform, session_id)
    platform.publish(bob)
    enter(platform, other)
    assert not connections.disconnect(other, bob, soon())
    assert connections.disconnect(session_id, bob, soon())
    assert not connections.disconnect(session_id, bob, soon())
    assert list(connections.connections(session_id, soon())) == []
    assert published(platform, session_id) == set()


def test_a_signal_reaches_one_or_all_where_anybody_ever_was(
    platform: Platform, session_id: str
) -> None:
    connections = platform.ports.connections
    assert not connections.signal(session_id, None, "chat", "too early", soon())
    bob = enter(platform, session_id)
    assert connections.signal(session_id, None, "chat", "to all", soon())
    assert connections.signal(session_id, bob, None, "to one", soon())
    assert not connections.signal(session_id, UNKNOWN, "chat", "to nobody", soon())
    platform.leave(bob)
    assert connections.signal(session_id, None, "chat", "late", soon())
    assert platform.seen(session_id).signals == [
        ("chat", "to all", None),
        (None, "to one", bob),
        ("chat", "late", None),
    ]


@pytest.mark.parametrize(
    ("kind", "data"), [("k" * 129, "data"), ("kind", "d" * 8193), ("ü" * 65, "")]
)
def test_a_signal_that_is_too_large_is_refused(
    platform: Platform, session_id: str, kind: str, data: str
) -> None:
    enter(platform, session_id)
    with pytest.raises(SignalTooLarge):
        platform.ports.connections.signal(session_id, None, kind, data, soon())
    assert platform.ports.connections.signal(session_id, None, "k" * 128, "d" * 8192, soon())


def test_a_stream_is_muted_in_its_own_session_alone(platform: Platform, session_id: str) -> None:
    connections, other = platform.ports.connections, new_session(platform)
    assert not connections.mute_stream(session_id, UNKNOWN, soon())
    stream = platform.publish(enter(platform, session_id))
    platform.publish(enter(platform, other))
    assert not connections.mute_stream(other, stream, soon())
    assert platform.seen(session_id).muted == set()
    assert connections.mute_stream(session_id, stream, soon())
    assert platform.seen(session_id).muted == {stream}


def test_muting_all_spares_some_and_holds_for_newcomers_until_it_is_taken_back(
    platform: Platform, session_id: str
) -> None:
    connections = platform.ports.connections
    assert not connections.mute_all(session_id, (), soon(), active=True)
    bob = enter(platform, session_id)
    loud, spared = platform.publish(bob), platform.publish(bob)
    assert connections.mute_all(session_id, [spared], soon(), active=True)
    newcomer = platform.publish(bob)
    assert platform.seen(session_id).muted == {loud, newcomer}
    assert connections.mute_all(session_id, (), soon(), active=False)
    platform.publish(bob)
    assert platform.seen(session_id).muted == {loud, newcomer}
