"""Signed callbacks with any content are accepted: OpenTok repeats a refused one for 24 hours."""

import json
from http import HTTPStatus

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.callbacks import send_callback
from tests.support.live import Live
from tests.support.odd_text import odd_text
from tests.support.servers.stand_ins import API_KEY

MOMENT_MS = 1_772_366_400_000
CONNECTION = {"id": "c1", "createdAt": MOMENT_MS, "data": '{"userId":"bob"}'}
STREAM = {
    "id": "s1",
    "connection": CONNECTION,
    "createdAt": MOMENT_MS,
    "name": "Bob",
    "videoType": "camera",
}
OF_SESSIONS: tuple[dict[str, object], ...] = (
    {"event": "connectionCreated", "connection": CONNECTION},
    {"event": "connectionDestroyed", "connection": CONNECTION, "reason": "clientDisconnected"},
    {"event": "streamCreated", "stream": STREAM},
    {"event": "streamDestroyed", "stream": STREAM, "reason": "clientDisconnected"},
)
OF_CALLS: tuple[dict[str, object], ...] = tuple(
    {"event": event, "call": {"id": "k1", "connectionId": "c2", "createdAt": MOMENT_MS}}
    for event in ("callCreated", "callDestroyed")
)
OF_MEDIA: tuple[dict[str, object], ...] = (
    {
        "id": "a1",
        "event": "archive",
        "status": "started",
        "createdAt": MOMENT_MS,
        "duration": 3,
        "streams": [{"streamId": "s1"}],
        "broadcastUrls": {"rtmp": [{"id": "r1", "serverUrl": "rtmp://x.test/a", "status": "live"}]},
    },
)
EVENTS = tuple(
    [("session", each) for each in OF_SESSIONS]
    + [("sip", each) for each in OF_CALLS]
    + [(kind, each) for kind in ("archive", "broadcast", "captions", "render") for each in OF_MEDIA]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | odd_text(20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(odd_text(5), inner),
    max_leaves=8,
) | st.sampled_from(["\ud800", "\0", "a" * 300, "\N{GRINNING FACE}" * 255, 10**40, -(10**15), ""])


def places(value: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the path of each field within."""
    if not isinstance(value, dict):
        return []
    inner = [(*path, name) for name in value]
    return inner + [each for name in value for each in places(value[name], (*path, name))]


def with_field(event: dict[str, object], path: tuple[str, ...], value: object) -> dict[str, object]:
    first, *rest = path
    inner = event.get(first)
    if rest and isinstance(inner, dict):
        value = with_field(inner, tuple(rest), value)
    return event | {first: value}


@st.composite
def callbacks(draw: st.DrawFn) -> tuple[str, dict[str, object]]:
    """Draw a callback's kind and content, with one to three undocumented fields."""
    kind, event = draw(st.sampled_from(EVENTS))
    for path in draw(st.lists(st.sampled_from(places(event)), min_size=1, max_size=3)):
        event = with_field(event, path, draw(ANYTHING))
    return kind, event


@pytest.fixture
def session_id(live: Live) -> str:
    """The session of a room. No callback ends either of them."""
    found: str = live.ask("alice", "PUT", "/rooms/standup", {}).json["sessionId"]
    return found


@settings(
    derandomize=True,
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(callbacks())
@example(("session", with_field(OF_SESSIONS[0], ("connection", "id"), "\N{GRINNING FACE}" * 255)))
def test_a_callback_with_any_odd_field_is_taken(
    live: Live, session_id: str, callback: tuple[str, dict[str, object]]
) -> None:
    kind, content = callback
    reply = send_callback(
        live.gateway, kind, {"projectId": API_KEY, "sessionId": session_id} | content
    )
    assert reply.status == HTTPStatus.OK, json.dumps(content)
