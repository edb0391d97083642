"""Records of what OpenTok itself connects to a session: each has a connection and a stream."""

from dataclasses import dataclass
from typing import TypeVar

from stand_ins.opentok.sessions.session_record import Change, SessionRecord
from stand_ins.opentok.sessions.session_records import SessionRecords


@dataclass(kw_only=True)
class ConnectedRecord(SessionRecord):
    connection_id: str = ""
    stream_id: str | None = None

    @property
    def is_connected(self) -> bool:
        return self.connection_id in self.session.connections


_Connected = TypeVar("_Connected", bound=ConnectedRecord)


class ConnectedRecords(SessionRecords[_Connected]):
    """Records whose end also ends their connection."""

    def _change(self, record: _Connected, change: Change) -> None:
        super()._change(record, change)
        if not record.running and record.is_connected:
            record.session.disconnect(record.connection_id, "clientDisconnected", change.at)
