import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from wsgiref.types import WSGIApplication

from flask import Flask

from local.fault_routes import fault_routes
from local.faults import FaultPlan, FaultyApp
from local.opentok.calls import Call, CallRecorder
from local.opentok.credentials import KnownCredentials
from local.opentok.rest_routes import answer_errors, rest_routes
from local.opentok.sessions import Sessions
from local.opentok.sim_routes import sim_routes

_SIM = "/sim/"
_NONE: Mapping[str, str] = MappingProxyType({})


class OpenTokStandIn:
    """OpenTok and Vonage Video as one WSGI app, with state, a record of calls, and faults.

    Args:
        projects: API secrets by API key.
        applications: public keys (PEM) by Vonage application id.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        *,
        projects: Mapping[str, str] = _NONE,
        applications: Mapping[str, str] = _NONE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        known = KnownCredentials(projects, applications)
        sessions = Sessions()
        self.faults = FaultPlan()
        app = Flask(__name__)
        answer_errors(app)
        app.register_blueprint(rest_routes(sessions, known, clock))
        app.register_blueprint(sim_routes(sessions, known, clock))
        app.register_blueprint(fault_routes(self.faults))
        self._recorder = CallRecorder(FaultyApp(app, self.faults, spared=_SIM), unrecorded=_SIM)

    @property
    def wsgi_app(self) -> WSGIApplication:
        return self._recorder

    @property
    def calls(self) -> list[Call]:
        """OpenTok's own calls received so far, refused and faulty ones too."""
        return self._recorder.calls

    def count(self, path_part: str) -> int:
        """How many calls had this in their path."""
        return sum(path_part in call.path for call in self.calls)

    def clear_calls(self) -> None:
        self._recorder.clear()
