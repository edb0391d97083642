"""Fakes of captions, renders and telephony: services that join a session by a token."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from chalicelib.core.model.media import STOPPED, MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.model.user import Role
from chalicelib.core.ports.media_platforms import StartRequest
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import AlreadyCaptioning, NotRouted, ProviderRefused
from tests.fakes.opentok.clients import FakeOpenTok
from tests.fakes.opentok.objects import Objects

PUBLISHING: Final = frozenset({Role.PUBLISHER, Role.PUBLISHER_ONLY, Role.MODERATOR})


class FakeCaptions:
    """The captions platform. Only callbacks report the status of captions."""

    def __init__(self, opentok: FakeOpenTok) -> None:
        self.objects = Objects(opentok, MediaKind.CAPTIONS)
        self._opentok = opentok

    def start(self, request: StartRequest, deadline: Deadline) -> MediaReport:
        with self._opentok.faults.call("captions.start", deadline):
            self.objects.session_to_process(request.session_id)
            _check_token(self._opentok, request, {Role.MODERATOR})
            if self.objects.running(request.session_id):
                raise AlreadyCaptioning("This room has captions already.")
            captions_id = self.objects.begin(request.session_id, languageCode="en-US")
            content = {
                "captionsId": captions_id,
                "sessionId": request.session_id,
                "status": "started",
            }
            return self.objects.read(content)

    def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:  # noqa: ARG002
        return ()

    def stop(self, media_id: str, deadline: Deadline) -> MediaReport | None:
        with self._opentok.faults.call("captions.stop", deadline):
            if self.objects.is_running(media_id):
                self.objects.move(media_id, STOPPED)
            return None


class FakeRenders:
    """The render platform. A render's page connects and publishes at once."""

    def __init__(self, opentok: FakeOpenTok) -> None:
        self.objects = Objects(opentok, MediaKind.RENDER)
        self._opentok = opentok
        self._connections: dict[str, str] = {}

    def start(self, request: StartRequest, deadline: Deadline) -> MediaReport:
        with self._opentok.faults.call("render.start", deadline):
            self.objects.session_to_process(request.session_id)
            render_id = self.objects.begin(
                request.session_id, status="starting", url=request.options.get("url")
            )
            starting = self.objects.report(render_id)
            assert starting is not None
            connection_id = _connect(self._opentok, request, PUBLISHING)
            self._connections[render_id] = connection_id
            stream_id = self._opentok.publish(connection_id, video_type="custom")
            self.objects.move(render_id, "started", streamId=stream_id)
            return starting

    def one(self, render_id: str, deadline: Deadline) -> MediaReport | None:
        with self._opentok.faults.call("render.one", deadline):
            self._catch_up()
            return self.objects.report(render_id)

    def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:
        with self._opentok.faults.call("render.of_session", deadline):
            self._catch_up()
            return self.objects.of_session(session_id)

    def stop(self, media_id: str, deadline: Deadline) -> MediaReport | None:
        with self._opentok.faults.call("render.stop", deadline):
            self._catch_up()
            if self.objects.is_running(media_id):
                self.objects.move(media_id, STOPPED, reason="Stop Requested")
                self._opentok.leave(self._connections[media_id])
            return None

    def _catch_up(self) -> None:
        """End the renders whose pages were disconnected."""
        connected = [each.connections.keys() for each in self._opentok.sessions.values()]
        for render_id, connection_id in self._connections.items():
            is_connected = any(connection_id in each for each in connected)
            if self.objects.is_running(render_id) and not is_connected:
                self.objects.move(render_id, STOPPED, reason="Stop Requested")


class FakeTelephony:
    """The telephony platform. A called party answers at once."""

    def __init__(self, opentok: FakeOpenTok) -> None:
        self._opentok = opentok

    def dial(self, request: StartRequest, deadline: Deadline) -> Mapping[str, Any]:
        with self._opentok.faults.call("dial", deadline):
            connection_id = self._join(request, PUBLISHING)
            stream_id = self._opentok.publish(connection_id, video_type=None)
            return {
                "id": self._opentok.new_id("call"),
                "connectionId": connection_id,
                "streamId": stream_id,
            }

    def connect_audio(self, request: StartRequest, deadline: Deadline) -> Mapping[str, Any]:
        with self._opentok.faults.call("connect_audio", deadline):
            connection_id = self._join(request, tuple(Role))
            return {"id": self._opentok.new_id("call"), "connectionId": connection_id}

    def play_digits(
        self, session_id: str, connection_id: str | None, digits: str, deadline: Deadline
    ) -> bool:
        with self._opentok.faults.call("play_digits", deadline):
            session = self._opentok.entered(session_id)
            if session is None or connection_id not in {None, *session.connections}:
                return False
            session.tones.append((digits, connection_id))
            return True

    def _join(self, request: StartRequest, roles: Collection[Role]) -> str:
        session = self._opentok.sessions.get(request.session_id)
        if session is not None and session.is_relayed:
            raise NotRouted("This room's media go from client to client.")
        return _connect(self._opentok, request, roles)


def _connect(opentok: FakeOpenTok, request: StartRequest, roles: Collection[Role]) -> str:
    _check_token(opentok, request, roles)
    connection_id = opentok.connect(_token_text(request))
    assert connection_id is not None
    return connection_id


def _check_token(opentok: FakeOpenTok, request: StartRequest, roles: Collection[Role]) -> None:
    """Raises: ProviderRefused: The token is not of this session and of one of these roles."""
    token = opentok.specs.get(_token_text(request))
    if token is None or token.session_id != request.session_id or token.role not in roles:
        raise ProviderRefused("The video platform refuses this service's request.")
    if token.expires_at <= opentok.clock().timestamp():
        raise ProviderRefused("The video platform refuses this service's request.")


def _token_text(request: StartRequest) -> str:
    assert request.token is not None, "a service connects by a token"
    return request.token.text
