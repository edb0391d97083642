"""A clock for the scheduled functions, because this machine has no EventBridge."""

import threading
import time
import traceback
import uuid
from datetime import UTC, datetime
from typing import Any

from chalice.app import Chalice

EVERY_SECONDS = 60.0
_AT_ONCE = "refill_session_pool"
"""The function that also runs at the start, so that the pool is full when the first user comes."""


def run_schedules(app: Chalice, every_seconds: float) -> None:
    """Call the app's scheduled functions from now on, in threads that end with the process.

    A run of one function may take most of a minute, so each has a thread.
    """
    names = [each.name for each in app.event_sources if hasattr(each, "schedule_expression")]
    for name in names:
        threading.Thread(target=_run, args=(app, name, every_seconds), daemon=True).start()


def _run(app: Chalice, name: str, every_seconds: float) -> None:
    due = time.monotonic() - (every_seconds if name == _AT_ONCE else 0)
    while True:
        due += every_seconds
        time.sleep(max(0.0, due - time.monotonic()))
        try:
            app.handler_map[name](_event(), _Context(name))
        except Exception:  # noqa: BLE001 - it ends a Lambda's run, and not those after it
            traceback.print_exc()


class _Context:
    """A Lambda context with the attributes that the functions use."""

    def __init__(self, name: str) -> None:
        self.aws_request_id = str(uuid.uuid4())
        self.function_name = f"roomkey-local-{name}"


def _event() -> dict[str, Any]:
    """Return an event as EventBridge sends it to a scheduled function."""
    return {
        "version": "0",
        "account": "",
        "region": "",
        "detail": {},
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "time": datetime.now(UTC).isoformat(),
        "id": str(uuid.uuid4()),
        "resources": [],
    }
