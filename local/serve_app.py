"""The child process: `chalice local` with the repaired server, as long as its parent lives.

The same port also serves sample apps, because a sample app has one address to configure.
"""

import functools
import os
import sys
import threading
from collections.abc import Mapping
from typing import Any

import chalice.cli
import chalice.local

from chalicelib.settings import cors_origin
from local.aws.gateway import LocalGatewayServer
from local.aws.schedules import EVERY_SECONDS
from local.ports import Ports
from local.sample_apps import SampleApps
from local.sample_apps.rooms import LONGEST_SECONDS

_let_serve = threading.Event()


class _WaitingServer(LocalGatewayServer):
    """A server that lets callers wait until the stand-ins run."""

    def __init__(self, *args: Any, **named: Any) -> None:  # noqa: ANN401 - as the base has them
        _let_serve.wait()
        super().__init__(*args, **named)


def main(port: str, host: str) -> int:
    """Serve the app on this port and address; return only after an error."""
    threading.Thread(target=_serve_until_parent_ends, daemon=True).start()
    served = functools.partial(
        _WaitingServer,
        fallback=_sample_apps(port, os.environ).answer,
        schedule_seconds=float(os.environ.get("SCHEDULE_SECONDS") or EVERY_SECONDS),
    )
    # Chalice has no setting for its server's class. It looks this name up when it starts.
    chalice.local.LocalDevServer = served  # type: ignore[assignment, misc]
    # --no-autoreload: otherwise Chalice forks a worker, which stays on the port if the parent is
    # killed.
    sys.argv = ["chalice", "local", "--stage", "local", "--host", host]
    sys.argv += ["--port", port, "--no-autoreload"]
    return chalice.cli.main()


def _sample_apps(port: str, environ: Mapping[str, str]) -> SampleApps:
    ports = Ports(int(port))
    return SampleApps(
        ports.app_url,
        ports.identity_url,
        recording=environ.get("SAMPLE_RECORDING", "").lower() == "on",
        cors_origin=cors_origin(environ),
        token_seconds=int(environ.get("MAX_TOKEN_SECONDS") or LONGEST_SECONDS),
    )


def _serve_until_parent_ends() -> None:
    """Serve after the parent sends a line, and end when the parent closes the pipe.

    Standard input is that pipe. It closes when the parent ends, however the parent ends.
    """
    if sys.stdin.buffer.readline():
        _let_serve.set()
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
