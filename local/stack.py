"""The stand-ins of one run: AWS, OpenTok and identity, and TLS for phones."""

from collections.abc import Mapping
from http import HTTPStatus
from wsgiref.types import WSGIApplication

from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from chalicelib.errors import NotConfigured
from chalicelib.settings import Settings
from local.network.certificate import new_certificate
from local.network.tls_relay import TlsRelay
from local.page import CALL_PATH, page_app
from local.page.parts import parts_of
from local.periodic_task import PeriodicTask
from local.ports import HOST, Ports, StartError
from local.providers.issuer import Issuer, chosen_issuer
from local.providers.provider import Provider
from local.providers.stand_in_credentials import StandInCredentials
from stand_ins.aws import resources
from stand_ins.aws.clients import aws_clients
from stand_ins.aws.stand_in import AwsStandIn
from stand_ins.http.host_check import HostCheck
from stand_ins.http.server import HttpServer
from stand_ins.identity.provider import IdentityProvider
from stand_ins.opentok import CLIENT_PATHS, OpenTokStandIn

STAGE = "local"
_CATCH_UP_SECONDS = 1.0


class Stack:
    """The stand-ins in this process and in its memory, and the page about them.

    Args:
        environment: The app's variables; see `app_environment`.

    Raises:
        StartError: The app's settings are invalid.
    """

    def __init__(self, ports: Ports, provider: Provider, environment: Mapping[str, str]) -> None:
        settings = _settings(environment)
        self._ports = ports
        self._provider = provider
        self._clients = aws_clients(ports.aws_url)
        credentials = None if provider.real else StandInCredentials.beside(provider)
        self._opentok = None if credentials is None else _opentok(ports, provider, credentials)
        # A recording gets its file and its callback even while nobody calls OpenTok.
        self._catch_up = None if self._opentok is None else _catch_up(self._opentok)
        issuer = chosen_issuer(environment, ports)
        parts = parts_of(ports, provider, settings, self._clients)
        page = page_app(ports, parts, issuer, credentials=credentials)
        self._aws_port = _port(AwsStandIn().wsgi_app, HOST, ports.aws)
        self._opentok_port = _port(
            self._opentok_identity_and(page, issuer), ports.host, ports.opentok
        )
        self._tls_port = None if ports.network is None else _tls_port(ports, ports.network)

    def start(self) -> None:
        """Start listening, and make the table and the secret.

        Raises:
            StartError: Another process took a port after the check.
        """
        try:
            self._aws_port.start()
            self._opentok_port.start()
            if self._tls_port is not None:
                self._tls_port.start()
        except OSError as error:
            raise StartError(f"The stand-ins cannot start: {error.strerror}.") from error
        self._make_resources()
        if self._catch_up is not None:
            self._catch_up.start()

    def stop(self) -> None:
        if self._catch_up is not None:
            self._catch_up.stop()
        if self._tls_port is not None:
            self._tls_port.stop()
        self._opentok_port.stop()
        if self._opentok is not None:
            self._opentok.stop()
        self._aws_port.stop()
        self._clients.close()

    def _opentok_identity_and(self, page: WSGIApplication, issuer: Issuer) -> WSGIApplication:
        return DispatcherMiddleware(
            NotFound() if self._opentok is None else self._opentok.wsgi_app,
            {"/identity": self._identity(issuer), "/page": page, "/": redirect("/page/")},
        )

    def _identity(self, issuer: Issuer) -> WSGIApplication:
        if issuer.own:
            return Response(issuer.instead, HTTPStatus.CONFLICT)
        # One plan for both: /sim/faults reaches the identity provider too.
        faults = None if self._opentok is None else self._opentok.faults
        return IdentityProvider(issuer.url, issuer.audience, faults=faults).wsgi_app

    def _make_resources(self) -> None:
        resources.create(
            STAGE,
            dynamodb=self._clients.dynamodb,
            secretsmanager=self._clients.secretsmanager,
            secret=self._provider.secret,
        )


def _settings(environment: Mapping[str, str]) -> Settings:
    try:
        return Settings.from_env(environment)
    except NotConfigured as error:
        raise StartError(f"Roomkey's settings are invalid: {error.note}.") from error


def _port(wsgi_app: WSGIApplication, host: str, port: int) -> HttpServer:
    return HttpServer(HostCheck(wsgi_app, open_to_pages=CLIENT_PATHS), host, port)


def _tls_port(ports: Ports, address: str) -> TlsRelay:
    """Return a server of the app, and of what its call page needs from the stand-ins."""

    def port_of(path: str) -> int:
        return ports.opentok if path.startswith((CLIENT_PATHS, CALL_PATH)) else ports.app

    context = new_certificate(address).server_context()
    return TlsRelay(context, ports.host, ports.tls, port_of)


def _catch_up(opentok: OpenTokStandIn) -> PeriodicTask:
    return PeriodicTask(opentok.advance, _CATCH_UP_SECONDS)


def _opentok(ports: Ports, provider: Provider, credentials: StandInCredentials) -> OpenTokStandIn:
    """Return the stand-in, with the app's credentials and callbacks to the app."""
    kinds = provider.secret["callbackSecrets"]
    return OpenTokStandIn(
        projects={credentials.api_key: credentials.api_secret},
        applications={credentials.application_id: credentials.public_key},
        callbacks_of=credentials.api_key,
        callbacks={kind: f"{ports.app_url}/callbacks/{kind}" for kind in kinds},
        callback_secrets={kind: current for kind, (current, *_) in kinds.items()},
    )
