"""The child process: `chalice local` with the mended server, as long as its parent lives."""

import os
import sys
import threading

import chalice.cli
import chalice.local

from local.gateway import MendedServer


def main(port: str) -> int:
    """Serve the app on this port; never returns while all is well."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Chalice has no setting for its server's class; it looks this name up when it starts.
    chalice.local.LocalDevServer = MendedServer  # type: ignore[assignment, misc]
    # --no-autoreload: with it, Chalice forks a worker that a killed parent leaves on the port.
    sys.argv = ["chalice", "local", "--stage", "local", "--host", "127.0.0.1"]
    sys.argv += ["--port", port, "--no-autoreload"]
    return chalice.cli.main()


def _end_with_parent() -> None:
    """Our standard input is a pipe from the parent: it ends when the parent does, however."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
