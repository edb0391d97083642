"""One callback on its way to one receiver, and the times of its attempts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_FIRST_DELAY_SECONDS = 5.0
_LONGEST_DELAY_SECONDS = 900.0
_GIVEN_UP_AFTER_SECONDS = 24 * 3600.0
_SUCCESS = 2  # 2xx


@dataclass
class Delivery:
    """A callback for one receiver; every attempt sends the same bytes under the same signature.

    Args:
        signature: The bearer token, or None if callbacks are not signed.
        bare_at_first: True to leave the signature out of the first attempt, as happens after an
            error inside OpenTok.
        status: The status of the last attempt's answer; None before it, or if no answer came.
    """

    kind: str
    event: str
    url: str
    body: bytes = field(repr=False)
    signature: str | None = field(repr=False)
    bare_at_first: bool = False
    attempts: int = 0
    status: int | None = None

    @property
    def succeeded(self) -> bool:
        return self.status is not None and self.status // 100 == _SUCCESS

    def headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        bare = self.bare_at_first and self.attempts == 0
        if self.signature is not None and not bare:
            headers["Authorization"] = f"Bearer {self.signature}"
        return headers

    def next_delay(self) -> float | None:
        """Return the seconds from the last attempt to the next, or None after a day of attempts."""
        return RETRY_DELAYS[self.attempts - 1] if self.attempts <= len(RETRY_DELAYS) else None

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "event": self.event,
            "url": self.url,
            "body": self.body.decode(errors="replace"),
            "attempts": self.attempts,
            "status": self.status,
        }


def _retry_delays() -> Iterator[float]:
    delay, passed = _FIRST_DELAY_SECONDS, 0.0
    while passed + delay <= _GIVEN_UP_AFTER_SECONDS:
        yield delay
        passed += delay
        delay = min(delay * 2, _LONGEST_DELAY_SECONDS)


RETRY_DELAYS = tuple(_retry_delays())
