"""The thread that brings callbacks to their receivers."""

import heapq
import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Any

from stand_ins.opentok.callbacks.delivery import Delivery
from stand_ins.opentok.callbacks.poster import Poster

_KEPT_RECORDS = 20_000


class Dispatcher:
    """A sender of one delivery at a time, in the order of their arrival.

    A failed delivery is tried again later and delays no other delivery. The thread lives only
    while a delivery is on its way.

    Args:
        retry_factor: The factor for the delays before further attempts.
    """

    def __init__(self, retry_factor: float) -> None:
        self.retry_factor = retry_factor
        self._news = threading.Condition()
        self._poster = Poster()
        # Sorted by due time, then by order of arrival.
        self._waiting: list[tuple[float, int, Delivery]] = []
        self._put = 0
        self._sending: Delivery | None = None
        self._delivered: deque[Delivery] = deque(maxlen=_KEPT_RECORDS)
        self._failed: deque[Delivery] = deque(maxlen=_KEPT_RECORDS)
        self._thread: threading.Thread | None = None
        self._running = False
        self._stopped = False

    def add(self, deliveries: Iterable[Delivery]) -> None:
        with self._news:
            if self._stopped:
                return
            for delivery in deliveries:
                self._put_in_line(delivery, time.monotonic())
            if self._waiting and not self._running:
                self._running = True
                self._thread = threading.Thread(
                    target=self._run, name="opentok-callbacks", daemon=True
                )
                self._thread.start()
            self._news.notify_all()

    def settle(self, timeout_seconds: float) -> bool:
        """Return True once nothing is on its way, or False after the timeout."""
        with self._news:
            return self._news.wait_for(self._idle, timeout_seconds)

    def clear(self) -> None:
        """Forget all deliveries, past and future; an attempt under way goes unrecorded."""
        with self._news:
            self._waiting.clear()
            self._sending = None
            self._delivered.clear()
            self._failed.clear()
            self._news.notify_all()

    def stop(self) -> None:
        """Send nothing more, break off the attempt under way, and wait for the thread."""
        with self._news:
            self._stopped = True
            self._waiting.clear()
            self._sending = None
            self._news.notify_all()
        self._poster.abort()
        if self._thread is not None:
            self._thread.join()

    def to_json(self) -> dict[str, list[dict[str, Any]]]:
        with self._news:
            return {
                "pending": [each.to_json() for each in self._on_their_way()],
                "delivered": [each.to_json() for each in self._delivered],
                "failed": [each.to_json() for each in self._failed],
            }

    def _run(self) -> None:
        while (delivery := self._next()) is not None:
            status = self._poster.post(delivery.url, delivery.body, delivery.headers())
            self._note(delivery, status)

    def _next(self) -> Delivery | None:
        """Wait for the next delivery that is due and return it, or None if there are no more."""
        with self._news:
            while self._waiting:
                due, _, delivery = self._waiting[0]
                early = due - time.monotonic()
                if early <= 0:
                    heapq.heappop(self._waiting)
                    self._sending = delivery
                    return delivery
                self._news.wait(early)
            self._running = False
            return None

    def _note(self, delivery: Delivery, status: int | None) -> None:
        with self._news:
            if self._sending is not delivery:
                return  # `clear` or `stop` was called meanwhile
            self._sending = None
            delivery.attempts += 1
            delivery.status = status
            delay = delivery.next_delay()
            if delivery.succeeded:
                self._delivered.append(delivery)
            elif delay is None:
                self._failed.append(delivery)
            else:
                self._put_in_line(delivery, time.monotonic() + delay * self.retry_factor)
            self._news.notify_all()

    def _put_in_line(self, delivery: Delivery, due: float) -> None:
        self._put += 1
        heapq.heappush(self._waiting, (due, self._put, delivery))

    def _idle(self) -> bool:
        return self._sending is None and not self._waiting

    def _on_their_way(self) -> list[Delivery]:
        under_way = [] if self._sending is None else [self._sending]
        return under_way + [delivery for _, _, delivery in sorted(self._waiting)]
