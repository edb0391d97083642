import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal
from wsgiref.types import WSGIApplication

from werkzeug.middleware.dispatcher import DispatcherMiddleware

from stand_ins.http.faults import FaultPlan, FaultyApp
from stand_ins.opentok.callbacks.callback import Callback
from stand_ins.opentok.callbacks.callback_plan import CallbackPlan
from stand_ins.opentok.callbacks.callbacks import Callbacks
from stand_ins.opentok.calls import Call, CallRecorder
from stand_ins.opentok.clients.client_socket import CLIENT_PATHS, SOCKET_PATH, ClientSocket
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.platform import Platform
from stand_ins.opentok.sessions.participants import connection_json
from stand_ins.opentok.sessions.sim_routes import connected
from stand_ins.opentok.web_app import web_app

_SIM = "/sim/"
_NONE: Mapping[str, str] = MappingProxyType({})


class OpenTokStandIn:
    """OpenTok and Vonage Video as one WSGI app, with state, a record of calls, and faults.

    A thread sends the callbacks. It lives while there are any to send; `stop` ends it.

    Args:
        projects: API secrets by API key.
        applications: Public keys (PEM) by Vonage application id.
        accounts: The secrets of accounts by key. Each account may change the credentials of all
            projects and applications.
        clock: Seconds since the epoch.
        callbacks: The receivers of callbacks, by kind; see `deliver_to`.
        callbacks_of: The one API key or application id whose callbacks go to these receivers;
            None for all.
        callback_secrets: The secrets that sign callbacks, by kind; the stand-in makes up others.
        sign_callbacks: False for a project on OpenTok's old path, without secure callbacks.
        retry_factor: The factor for the delays before a callback's further attempts. Real delays
            begin with 5 s and double up to 15 min, for 24 h.
        archive_ready_after: Seconds from an archive's end until its file is available or
            uploaded; see `advance`.

    Raises:
        ValueError: A kind or an address of `callbacks` is invalid.
    """

    def __init__(
        self,
        *,
        projects: Mapping[str, str] = _NONE,
        applications: Mapping[str, str] = _NONE,
        accounts: Mapping[str, str] = _NONE,
        clock: Callable[[], float] = time.time,
        callbacks: Mapping[str, str] = _NONE,
        callbacks_of: str | None = None,
        callback_secrets: Mapping[str, str] = _NONE,
        sign_callbacks: bool = True,
        retry_factor: float = 1.0,
        archive_ready_after: float = 2.0,
    ) -> None:
        self._known = KnownCredentials(dict(projects), dict(applications), accounts)
        self._clock = clock
        self._callbacks = Callbacks(
            clock,
            retry_factor=retry_factor,
            sign=sign_callbacks,
            own_secrets=callback_secrets,
            only_of=callbacks_of,
        )
        for kind, url in callbacks.items():
            self.deliver_to(kind, url)
        self._platform = Platform(
            clock,
            self._callbacks.announce,
            self._known,
            archive_ready_after=archive_ready_after,
        )
        self.faults = FaultPlan()
        app = DispatcherMiddleware(
            web_app(self._platform, self._callbacks, self.faults, self._known, clock),
            {SOCKET_PATH: ClientSocket(self._platform.clients, self._platform.sessions, clock)},
        )
        faulty = FaultyApp(app, self.faults, spared=_SIM)
        self._recorder = CallRecorder(faulty, unrecorded=(_SIM, CLIENT_PATHS))

    @property
    def wsgi_app(self) -> WSGIApplication:
        return self._recorder

    @property
    def calls(self) -> list[Call]:
        """Return the calls that OpenTok itself received so far, refused and faulty ones too."""
        return self._recorder.calls

    def count(self, path_part: str) -> int:
        """Return the number of calls that have this in their path."""
        return sum(path_part in call.path for call in self.calls)

    def clear_calls(self) -> None:
        self._recorder.clear()

    def connect(self, token: str) -> dict[str, str]:
        """Connect a client: the same as `POST /sim/connections`, but quicker.

        Raises:
            TokenRefusedError: OpenTok would refuse the token.
        """
        sessions, judged_at = self._platform.sessions, self._platform.clients.expiry.judged_at()
        now = self._clock()
        return connection_json(connected(sessions, self._known, token, now, judged_at=judged_at))

    def session(self, session_id: str) -> dict[str, Any]:
        """Return the connections, streams, signals and mutes of `GET /sim/sessions/{sessionId}`.

        Raises:
            AbsentError: The session was never created.
        """
        with self._platform.sessions.lent(session_id) as session:
            return session.to_json()

    @property
    def archive_ready_after(self) -> float:
        return self._platform.storage.ready_after

    @archive_ready_after.setter
    def archive_ready_after(self, seconds: float) -> None:
        self._platform.storage.ready_after = seconds

    def move_archive(self, archive_id: str, status: str, reason: str = "") -> dict[str, Any]:
        """Give an archive the status available, uploaded, failed, expired, paused, ... now.

        The same as `POST /sim/archives/{id}`: send the callback, and return the archive.

        Raises:
            AbsentError: There is no such archive.
            ValueError: There is no such status.
        """
        return self.move("archives", archive_id, status, reason)

    def move(self, kind: str, record_id: str, status: str, reason: str = "") -> dict[str, Any]:
        """Do the same as `move_archive` for a kind: archives, broadcasts, captions or renders."""
        return self._platform.move(kind, record_id, status, reason)

    def inspect(self, kind: str, record_id: str) -> dict[str, Any]:
        """Return a record in REST's form with its layout, as `GET /sim/archives/{id}` does.

        Raises:
            AbsentError: There is no such record.
        """
        return self._platform.inspect(kind, record_id)

    @property
    def render_stop_status(self) -> int:
        """Return the status of the answer to a render's stop: 200 unless set to 204."""
        return self._platform.renders.stop_status

    @render_stop_status.setter
    def render_stop_status(self, status: int) -> None:
        self._platform.renders.stop_status = status

    def advance(self) -> None:
        """Make all changes that are due by the clock; every call by HTTP begins with this."""
        self._platform.advance()

    @property
    def callback_secrets(self) -> dict[str, str]:
        """Return the secret of each kind of callback; a caller that changes one rotates it."""
        return self._callbacks.secrets

    @property
    def sign_callbacks(self) -> bool:
        return self._callbacks.sign

    @sign_callbacks.setter
    def sign_callbacks(self, sign: bool) -> None:
        self._callbacks.sign = sign

    @property
    def retry_factor(self) -> float:
        return self._callbacks.retry_factor

    @retry_factor.setter
    def retry_factor(self, factor: float) -> None:
        self._callbacks.retry_factor = factor

    def deliver_to(self, kind: str, url: str | None) -> None:
        """Send this kind of callback to this address from now on; None sends no more of it.

        Raises:
            ValueError: There is no such kind, or requests cannot be sent to such an address.
        """
        self._callbacks.deliver_to(kind, url)

    def send_callback(self, kind: str, key: str, content: Mapping[str, Any]) -> None:
        """Send any content, signed and delivered as a callback of this kind and project."""
        self._callbacks.announce(Callback(kind, key, topic="", content=content))

    def plan_callbacks(
        self,
        *,
        drop: int | None = None,
        duplicate: int | None = None,
        unsigned: int | None = None,
        order: Literal["hold", "forward", "reverse", "shuffle"] | None = None,
        seed: int = 0,
    ) -> None:
        """Plan mishaps of the next callbacks: see `CallbackPlan`."""
        self._callbacks.plan(CallbackPlan(drop, duplicate, unsigned, order, seed))

    def callback_record(self) -> dict[str, list[dict[str, Any]]]:
        """Return the record of `GET /sim/callbacks`: the callbacks so far and their fate."""
        return self._callbacks.to_json()

    def settle(self, timeout_seconds: float) -> bool:
        """Return True once no callback is on its way or to be retried, or False after the timeout.

        Held callbacks are not on their way.
        """
        return self._callbacks.settle(timeout_seconds)

    def clear_callbacks(self) -> None:
        """Forget plans and records, and the callbacks on their way or held."""
        self._callbacks.clear()

    def clear_records(self) -> None:
        """Forget archives, broadcasts, captions, renders and calls; their sessions stay."""
        self._platform.clear_records()

    def stop(self) -> None:
        """Send no callbacks any more; do nothing if called again."""
        self._callbacks.stop()
