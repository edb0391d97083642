"""Examples of what is held of a user."""

from typing import Final

from msgspec import Struct

from chalicelib.api.user_data_routes import (
    REMAINS,
    ErasureAnswer,
    RecordingAnswer,
    UserDataAnswer,
    UserRecordAnswer,
)
from chalicelib.core.model.user_data.user_record import Part, RecordKind

_FROM: Final = "2026-01-31T12:00:00Z"
_TO: Final = "2026-01-31T12:30:00Z"
_RECORD: Final = UserRecordAnswer(
    kind=RecordKind.ROOM,
    id="standup",
    room="standup",
    session_id=None,
    parts=[Part.CREATOR, Part.MODERATOR],
    name=None,
    role=None,
    since=_FROM,
    until=None,
    banned_since=None,
    usage=None,
)
_RECORDING: Final = RecordingAnswer("standup", "b40ef09b-3811-4726-b508-e41a0f96c68f")

USER_DATA_EXAMPLES: Final[tuple[Struct, ...]] = (
    _RECORD,
    _RECORDING,
    UserDataAnswer("alice", [_RECORD], [_RECORDING], None, None),
    ErasureAnswer("finished", _FROM, _TO, 7, [], [], [_RECORDING], list(REMAINS)),
)
