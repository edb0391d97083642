"""Requests about media that have ended: the record answers them, and OpenTok is not asked."""

import pytest

from chalicelib.core.model.media import MediaKind
from chalicelib.errors import BroadcastNotRunning
from tests.fakes.service import ALICE
from tests.fakes.studio import Studio


def test_a_render_that_has_ended_is_shown_from_the_record(studio: Studio) -> None:
    renders, deadline = studio.service.use_cases.media().renders, studio.service.deadline
    render = studio.start(MediaKind.RENDER)
    renders.stop(ALICE, "standup", render.id, deadline)
    studio.service.deliver()
    studio.service.opentok.faults.calls.clear()
    _, shown = renders.one(ALICE, "standup", render.id, deadline)
    assert (shown.id, shown.status) == (render.id, "stopped")
    assert studio.service.opentok.faults.calls == {}


def test_a_broadcast_that_has_ended_takes_no_layout_and_no_streams(studio: Studio) -> None:
    broadcasts, deadline = studio.service.use_cases.media().broadcasts, studio.service.deadline
    broadcast = studio.start(MediaKind.BROADCAST, streamMode="manual")
    broadcasts.stop(ALICE, "standup", broadcast.id, deadline)
    studio.service.opentok.faults.calls.clear()
    with pytest.raises(BroadcastNotRunning):
        broadcasts.set_layout(ALICE, "standup", broadcast.id, {"type": "pip"}, deadline)
    with pytest.raises(BroadcastNotRunning):
        broadcasts.change_streams(ALICE, "standup", broadcast.id, {"addStream": "s1"}, deadline)
    assert studio.service.opentok.faults.calls == {}
