"""What the scheduler of `test_interleavings.py` has found, in as few steps as it took."""

from datetime import datetime, timedelta

from chalicelib.core.identity import User
from chalicelib.core.join_room import JoinRequest
from tests.support.engines import Engine
from tests.support.example_rooms import NOON, soon
from tests.support.interleaving_opentok import OpenTokModel
from tests.support.interleaving_service import build


def test_healing_finds_who_came_first_into_a_room_though_the_callback_never_came(
    engine: Engine,
) -> None:
    moments = [NOON]

    def now() -> datetime:
        return moments[-1]

    opentok = OpenTokModel(now)
    service = build(engine.client, opentok, now)
    admission = service.join_room.join(User("bob"), "standup", JoinRequest(), soon())
    connection = opentok.connect(opentok.tokens[admission.token.text])
    assert connection is not None
    opentok.events.clear()

    moments.append(NOON + timedelta(seconds=61))
    service.heal.run(soon())

    (recorded,) = service.sessions.everybody(admission.room.session_id, soon())
    assert recorded.id == connection.id
