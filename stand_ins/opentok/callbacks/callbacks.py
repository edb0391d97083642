"""Callbacks: their receivers, their signatures, and their planned mishaps."""

import json
import secrets
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from stand_ins.opentok.callbacks.callback import KINDS, Callback
from stand_ins.opentok.callbacks.callback_plan import CallbackPlan, PlannedMishaps
from stand_ins.opentok.callbacks.callback_signature import signed
from stand_ins.opentok.callbacks.delivery import Delivery
from stand_ins.opentok.callbacks.registrations import Registrations, is_deliverable
from stand_ins.opentok.dispatcher import Dispatcher

_KEPT_RECORDS = 20_000


class Callbacks:
    """The callbacks of all projects, sent in the order of their announcement. Safe under threads.

    Args:
        clock: Seconds since the epoch.
        retry_factor: The factor for OpenTok's delays before further attempts.
        sign: True if callbacks are signed; may change at any time.
        own_secrets: Secrets by kind; the stand-in makes up the others.
        only_of: The one API key or application id that has receivers by kind; None for all.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        retry_factor: float,
        sign: bool,
        own_secrets: Mapping[str, str],
        only_of: str | None = None,
    ) -> None:
        self.sign = sign
        self._only_of = only_of
        self.secrets = {kind: secrets.token_hex(32) for kind in KINDS} | dict(own_secrets)
        self.registrations = Registrations()
        self._clock = clock
        self._lock = threading.Lock()
        self._urls: dict[str, str] = {}
        self._mishaps = PlannedMishaps()
        self._dropped: deque[Delivery] = deque(maxlen=_KEPT_RECORDS)
        self._dispatcher = Dispatcher(retry_factor)

    @property
    def retry_factor(self) -> float:
        return self._dispatcher.retry_factor

    @retry_factor.setter
    def retry_factor(self, factor: float) -> None:
        self._dispatcher.retry_factor = factor

    def deliver_to(self, kind: str, url: str | None) -> None:
        """Send this kind of every project to this address from now on; None sends no more of it.

        Raises:
            ValueError: There is no such kind, or requests cannot be sent to such an address.
        """
        if kind not in KINDS:
            raise ValueError(f"{kind} is none of {', '.join(KINDS)}")
        if url is not None and not is_deliverable(url):
            raise ValueError(f"{url} is no address of a server")
        with self._lock:
            self._urls.pop(kind, None)
            if url is not None:
                self._urls[kind] = url

    def announce(self, callback: Callback) -> None:
        """Send a callback to its receivers, as far as the plans allow."""
        with self._lock:
            urls = self._receivers(callback)
            if not urls:
                return
            if self._mishaps.strikes("drop"):
                self._dropped.extend(self._delivery(callback, url) for url in urls)
                return
            bare = self._mishaps.strikes("unsigned")
            copies = 2 if self._mishaps.strikes("duplicate") else 1
            deliveries = [self._delivery(callback, url, bare=bare) for url in urls * copies]
            if self._mishaps.holding:
                self._mishaps.held += deliveries
            else:
                self._dispatcher.add(deliveries)

    def plan(self, wanted: CallbackPlan) -> None:
        with self._lock:
            self._dispatcher.add(self._mishaps.plan(wanted))

    def settle(self, timeout_seconds: float) -> bool:
        """Return True once nothing but held callbacks is left, or False after the timeout."""
        return self._dispatcher.settle(timeout_seconds)

    def clear(self) -> None:
        """Forget plans, records and all callbacks on their way or held; receivers stay."""
        with self._lock:
            self._mishaps = PlannedMishaps()
            self._dropped.clear()
            self._dispatcher.clear()

    def stop(self) -> None:
        self._dispatcher.stop()

    def to_json(self) -> dict[str, list[dict[str, Any]]]:
        with self._lock:
            return self._dispatcher.to_json() | {
                "held": [each.to_json() for each in self._mishaps.held],
                "dropped": [each.to_json() for each in self._dropped],
            }

    def _receivers(self, callback: Callback) -> list[str]:
        """Return the addresses of the kind, the callback and REST registrations, each once."""
        has_receivers = self._only_of in (None, callback.key)
        of_kind = self._urls.get(callback.kind) if has_receivers else None
        own = [url for url in (of_kind, callback.url) if url is not None]
        return list(dict.fromkeys(own + self.registrations.urls(callback.key, callback.topic)))

    def _delivery(self, callback: Callback, url: str, *, bare: bool = False) -> Delivery:
        body = json.dumps(callback.content, separators=(",", ":")).encode()
        secret = self.secrets[callback.kind]
        signature = signed(body, secret, callback.key, self._clock()) if self.sign else None
        event = str(callback.content.get("event", ""))
        return Delivery(callback.kind, event, url, body, signature, bare_at_first=bare)
