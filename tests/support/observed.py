"""Requests that take their time, all sent at once."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.support.gateway import Reply


@dataclass(frozen=True)
class Observed:
    """A reply, and how long its caller waited."""

    reply: Reply
    seconds: float


def observe_all(requests: Mapping[str, Callable[[], Reply]]) -> dict[str, Observed]:
    """What becomes of each request."""

    def observe(send: Callable[[], Reply]) -> Observed:
        started = time.perf_counter()
        reply = send()
        return Observed(reply, time.perf_counter() - started)

    with ThreadPoolExecutor(len(requests)) as senders:
        return dict(zip(requests, senders.map(observe, requests.values()), strict=True))
