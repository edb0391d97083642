"""`python -m local`, which is `make run`: the whole service on this machine."""

import os
import signal
import sys
import time

from local.stop_request import StopRequest


def main() -> int:
    started = time.monotonic()
    stop = StopRequest()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.make())
    # Imports take time, and until the handlers are set Ctrl-C shows a traceback.
    from local.run import run  # noqa: PLC0415

    return run(os.environ, stop, started)


if __name__ == "__main__":
    sys.exit(main())
