"""The values that Hypothesis makes for the stores: few of each, so that calls meet."""

from datetime import timedelta

from hypothesis import strategies as st

from chalicelib.core.model.connection import Participant, Service
from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.seats import KeptFree
from chalicelib.core.model.user import Role
from tests.support.stores.example_rooms import NOON

USERS = st.sampled_from(["bob", "carol", "dora"])
KEPT_FREE = st.builds(KeptFree, st.integers(0, 2), st.frozensets(USERS))
NAMES = st.sampled_from(["red", "Red", "blue"])
CONNECTIONS = st.sampled_from(["c1", "c2", "c3", "c4", "c5"])
CALLER = Participant(service=Service.SIP, role=Role.PUBLISHER)
PARTICIPANTS = st.sampled_from(
    [Participant(), Participant("bob", "Bob", Role.PUBLISHER), Participant("carol"), CALLER]
)
MOMENTS = st.integers(0, 400).map(lambda seconds: NOON + timedelta(seconds=seconds))
SETTINGS = st.builds(
    RoomSettings,
    moderators=st.frozensets(st.just("alice")),
    members=st.none() | st.frozensets(USERS),
    max_participants=st.none() | st.integers(1, 3),
    moderator_seats=st.integers(0, 1),
    closes_at=st.none() | MOMENTS,
    archive_retention_days=st.none() | st.integers(1, 2),
)
MEDIA = st.builds(
    Media,
    kind=st.sampled_from(MediaKind),
    id=st.sampled_from(["m1", "m2"]),
    room_id=st.just("room-1"),
    session_id=st.just("session-1"),
    status=st.sampled_from(["starting", "started", "paused", "stopped", "failed", "deleted", "?"]),
    created_at=MOMENTS,
    updated_at=MOMENTS,
    content=st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(0, 3) | st.none()),
)
