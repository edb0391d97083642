"""The child process: `chalice local` with the mended server, as long as its parent lives.

On the same port is the server for sample apps, which have one address to be changed.
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
from local.gateway import MendedServer
from local.ports import Ports
from local.sample_apps import SampleApps
from local.sample_apps.rooms import LONGEST_SECONDS

_let_serve = threading.Event()


class _WaitingServer(MendedServer):
    """Serves nobody before what the app stands on is up."""

    def __init__(self, *args: Any, **named: Any) -> None:  # noqa: ANN401 - as the base has them
        _let_serve.wait()
        super().__init__(*args, **named)


def main(port: str) -> int:
    """Serve the app on this port; never returns while all is well."""
    threading.Thread(target=_obey_parent, daemon=True).start()
    served = functools.partial(_WaitingServer, otherwise=_sample_apps(port, os.environ).answer)
    # Chalice has no setting for its server's class; it looks this name up when it starts.
    chalice.local.LocalDevServer = served  # type: ignore[assignment, misc]
    # --no-autoreload: with it, Chalice forks a worker that a killed parent leaves on the port.
    sys.argv = ["chalice", "local", "--stage", "local", "--host", "127.0.0.1"]
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


def _obey_parent() -> None:
    """Our standard input is a pipe from the parent: a line in it lets us serve, its end ends us.

    It ends when the parent does, however that is.
    """
    if sys.stdin.buffer.readline():
        _let_serve.set()
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
