"""The routes of the stand-in, OpenTok's own and those for tests."""

from collections.abc import Callable

from flask import Flask, request
from werkzeug.routing import Rule

from stand_ins.http.fault_routes import fault_routes
from stand_ins.http.faults import FaultPlan
from stand_ins.opentok.accounts.account_routes import account_routes
from stand_ins.opentok.accounts.accounts import Accounts
from stand_ins.opentok.archives.archive_routes import archive_routes
from stand_ins.opentok.archives.archive_storage_routes import archive_storage_routes
from stand_ins.opentok.broadcasts.broadcast_routes import broadcast_routes
from stand_ins.opentok.callbacks.callback_routes import callback_routes
from stand_ins.opentok.callbacks.callbacks import Callbacks
from stand_ins.opentok.callbacks.registration_routes import registration_routes
from stand_ins.opentok.captions.captions_routes import captions_routes
from stand_ins.opentok.clients.library_routes import library_routes
from stand_ins.opentok.clients.network_routes import network_routes
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.media_routes import media_routes
from stand_ins.opentok.platform import Platform
from stand_ins.opentok.record_sim_routes import record_sim_routes
from stand_ins.opentok.renders.render_routes import render_routes
from stand_ins.opentok.rest_routes import answer_errors, rest_routes
from stand_ins.opentok.sessions.moderation_routes import moderation_routes
from stand_ins.opentok.sessions.presence_routes import presence_routes
from stand_ins.opentok.sessions.sim_routes import sim_routes
from stand_ins.opentok.telephony.telephony_routes import telephony_routes
from stand_ins.opentok.tokens.expiry_plan import expiry_routes


class _OneWayRule(Rule):
    """A rule that finds a route for a URL, and makes no URL for a route.

    Werkzeug compiles code for the latter; that is most of the work of making this app.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: ARG002
        return _build


def _build(rule: Rule, **_: object) -> tuple[str, str]:
    raise NotImplementedError(f"No URL is made for {rule.rule}.")


def web_app(
    platform: Platform,
    callbacks: Callbacks,
    faults: FaultPlan,
    known: KnownCredentials,
    clock: Callable[[], float],
) -> Flask:
    """Return an app that makes all due changes before it answers."""
    app = Flask(__name__)
    app.url_rule_class = _OneWayRule
    # Vonage's Node SDK ends some of its paths with a slash.
    app.url_map.strict_slashes = False

    @app.before_request
    def catch_up() -> None:
        platform.links.address = request.host_url.rstrip("/")
        platform.advance()

    answer_errors(app)
    sessions = platform.sessions
    for routes in (
        rest_routes(sessions, known, clock),
        account_routes(Accounts(known), known, clock),
        presence_routes(sessions, known, clock),
        moderation_routes(sessions, known, clock),
        registration_routes(callbacks.registrations, known, clock),
        archive_routes(platform.archives, sessions, known, clock),
        archive_storage_routes(platform.storage, known, clock),
        broadcast_routes(platform.broadcasts, sessions, known, clock),
        captions_routes(platform.captions, sessions, known, clock),
        render_routes(platform.renders, sessions, known, clock),
        telephony_routes(platform.sip_calls, platform.connectors, sessions, known, clock),
        sim_routes(sessions, known, clock, platform.clients.expiry),
        record_sim_routes(platform),
        media_routes(platform.links),
        library_routes(),
        network_routes(sessions, clock),
        expiry_routes(platform.clients.expiry),
        callback_routes(callbacks),
        fault_routes(faults),
    ):
        app.register_blueprint(routes)
    return app
