"""Fake control of connections."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from chalicelib.core.model.connection import Ending
from chalicelib.core.ports.video_platform import ListedConnection, ListedStream
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import SignalTooLarge
from tests.fakes.opentok.clients import FakeOpenTok, Signal

_LONGEST_KIND: Final = 128
_LONGEST_DATA: Final = 8 * 1024


class FakeConnections:
    """Control of the connections of the fake OpenTok."""

    def __init__(self, opentok: FakeOpenTok) -> None:
        self._opentok = opentok

    def session_started(self, session_id: str) -> datetime | None:
        session = self._opentok.sessions.get(session_id)
        return None if session is None else session.started_at

    def connections(self, session_id: str, deadline: Deadline) -> Sequence[ListedConnection]:
        with self._opentok.faults.call("connections", deadline):
            session = self._opentok.entered(session_id)
            if session is None:
                return ()
            return [ListedConnection(each.id, each.since) for each in session.connections.values()]

    def streams(self, session_id: str, deadline: Deadline) -> Sequence[ListedStream]:
        with self._opentok.faults.call("streams", deadline):
            session = self._opentok.entered(session_id)
            listed = () if session is None else session.streams.values()
            return [ListedStream(each.id, each.name, each.video_type) for _, each in listed]

    def disconnect(self, session_id: str, connection_id: str, deadline: Deadline) -> bool:
        with self._opentok.faults.call("disconnect", deadline):
            session = self._opentok.entered(session_id)
            if session is None or connection_id not in session.connections:
                return False
            self._opentok.leave(connection_id, Ending.DISCONNECTED)
            return True

    def signal(
        self,
        session_id: str,
        connection_id: str | None,
        kind: str | None,
        data: str,
        deadline: Deadline,
    ) -> bool:
        with self._opentok.faults.call("signal", deadline):
            if len((kind or "").encode()) > _LONGEST_KIND or len(data.encode()) > _LONGEST_DATA:
                raise SignalTooLarge("The video platform finds this signal too large.")
            session = self._opentok.entered(session_id)
            if session is None or connection_id not in {None, *session.connections}:
                return False
            session.signals.append(Signal(kind, data, connection_id))
            return True

    def mute_stream(self, session_id: str, stream_id: str, deadline: Deadline) -> bool:
        with self._opentok.faults.call("mute_stream", deadline):
            session = self._opentok.entered(session_id)
            if session is None or stream_id not in session.streams:
                return False
            session.muted.add(stream_id)
            return True

    def mute_all(
        self, session_id: str, excluded: Sequence[str], deadline: Deadline, *, active: bool
    ) -> bool:
        with self._opentok.faults.call("mute_all", deadline):
            session = self._opentok.entered(session_id)
            if session is None:
                return False
            session.mutes_newcomers = active
            if active:
                session.muted |= session.streams.keys() - set(excluded)
            return True
