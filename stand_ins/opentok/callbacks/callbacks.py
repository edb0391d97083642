"""Callbacks: who receives them, how they are signed, and what goes wrong with them."""

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
    """Safe under threads; callbacks go out in the order in which they are announced.

    Args:
        clock: seconds since the epoch.
        retry_factor: what OpenTok's delays before further attempts are multiplied by.
        sign: whether callbacks are signed; may be set at any time.
        own_secrets: by kind; those left out are made up.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        retry_factor: float,
        sign: bool,
        own_secrets: Mapping[str, str],
    ) -> None:
        self.sign = sign
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
        """Send this kind to this address from now on, for every project; None sends no more.

        Raises:
            ValueError: there is no such kind, or no such address can be.
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
        """Send it to whoever is to receive it, as far as the plans let it."""
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
        """Wait until nothing is on its way; what is held back is not."""
        return self._dispatcher.settle(timeout_seconds)

    def clear(self) -> None:
        """Forget plans, records and what is on its way or held back; receivers stay."""
        with self._lock:
            self._mishaps = PlannedMishaps()
            self._dropped.clear()
            self._dispatcher.clear()

    def stop(self) -> None:
        self._dispatcher.stop()

    def shown(self) -> dict[str, list[dict[str, Any]]]:
        with self._lock:
            return self._dispatcher.shown() | {
                "held": [each.shown() for each in self._mishaps.held],
                "dropped": [each.shown() for each in self._dropped],
            }

    def _receivers(self, callback: Callback) -> list[str]:
        """The kind's address, the callback's own, and those registered by REST; each once."""
        own = [url for url in (self._urls.get(callback.kind), callback.url) if url is not None]
        return list(dict.fromkeys(own + self.registrations.urls(callback.key, callback.topic)))

    def _delivery(self, callback: Callback, url: str, *, bare: bool = False) -> Delivery:
        body = json.dumps(callback.content, separators=(",", ":")).encode()
        secret = self.secrets[callback.kind]
        signature = signed(body, secret, callback.key, self._clock()) if self.sign else None
        event = str(callback.content.get("event", ""))
        return Delivery(callback.kind, event, url, body, signature, bare_at_first=bare)
