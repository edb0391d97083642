"""One run of the stack: start, first token, wait, stop."""

import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace

from local.app_environment import app_environment
from local.app_process import AppProcess
from local.first_token import ProviderFailsError, obtain_first_token
from local.greeting import greeting
from local.network.address import network_address
from local.ports import Ports, StartError, ports_of
from local.providers.issuer import Issuer, chosen_issuer
from local.providers.provider import Provider, chosen_provider
from local.stop_request import StopRequest
from local.terminal import print_flushed

_CHECK_APP_SECONDS = 0.2


def run(environ: Mapping[str, str], stop: StopRequest, started: float) -> int:
    """Run until `stop` is set, and return the exit status: 2 if the stack could not start."""
    try:
        ports = replace(ports_of(environ), network=network_address(environ))
        provider, issuer = chosen_provider(environ), chosen_issuer(environ, ports)
        wanted = _Run(environ, ports, provider, issuer, stop, started)
        ports.check_free()
    except StartError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        wanted.until_stopped()
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    print_flushed("\nRoomkey has stopped.")
    return 0


@dataclass(frozen=True)
class _Run:
    environ: Mapping[str, str]
    ports: Ports
    provider: Provider
    issuer: Issuer
    stop: StopRequest
    started: float

    def until_stopped(self) -> None:
        with ExitStack() as running:
            app = self._start(running)
            app.wait_until_up(self.stop)
            if not self.stop.made:
                self._greet(app)
                app.follow()
            while not self.stop.wait(_CHECK_APP_SECONDS):
                if app.ended:
                    raise app.end_error()

    def _start(self, running: ExitStack) -> AppProcess:
        print_flushed("Starting Roomkey ...")
        environment = app_environment(self.environ, self.ports, self.provider)
        app = AppProcess(self.ports, environment)
        running.callback(app.stop)
        # Importing moto takes a second, in which the child imports Chalice.
        from local.stack import Stack  # noqa: PLC0415

        stack = Stack(self.ports, self.provider, environment)
        running.callback(stack.stop)
        stack.start()
        return app

    def _greet(self, app: AppProcess) -> None:
        if self.issuer.own and self.provider.real:
            # Few starts need it, and all of them are to be quick.
            from local.providers.trial import try_credentials  # noqa: PLC0415

            try_credentials(self.provider, app_environment(self.environ, self.ports, self.provider))
        as_admin = self.environ.get("ROOM_CREATION") == "admins"
        try:
            first = (
                None
                if self.issuer.own
                else obtain_first_token(self.ports, self.provider, as_admin=as_admin)
            )
        except ProviderFailsError:
            raise
        except StartError as error:
            raise StartError(f"{error}\nThe app's log:\n{app.output()}") from error
        seconds = time.monotonic() - self.started
        print_flushed(greeting(first, self.ports, self.provider, self.issuer, seconds))
