"""OpenTok's credentials and callback secrets in AWS Secrets Manager."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.secret_content import (
    READ_ERRORS,
    UNAVAILABLE,
    is_plain_text,
    parse_secret,
    secret_error,
    switch_time,
)
from chalicelib.core.ports.credentials import Credentials
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock, utc_now
from chalicelib.core.support.switch_times import USUAL_TIMES, SwitchTimes
from chalicelib.errors import NotConfigured, StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

NEW_KEYS_SECONDS: Final = 5.0
"""The time after a read before which no newer key of privacy is looked for."""
RENEWAL_SECONDS: Final = 2.0
"""The maximum wait for newer credentials while cached ones can be used."""
POLL_SECONDS: Final = 0.2
"""The time between two reads around a switch."""
RESERVED_SECONDS: Final = 1.5
"""The time that a held caller keeps for what comes after."""
_PENDING: Final = "AWSPENDING"

_PRIVACY_KEY: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class _Cached:
    credentials: Credentials
    callback_secrets: object = field(repr=False)
    privacy_keys: object = field(repr=False)
    read_at: float
    read_again_at: float
    switch_at: datetime | None
    seen_at: datetime


class SecretsManagerCredentials:
    """Credentials from one secret, cached for five minutes and read by one caller at a time.

    While Secrets Manager is unavailable, cached credentials stay in use.

    A rotation announces in the secret when the credentials will be replaced. Around that time,
    callers wait until the new ones can be read, so that no client token is of the wrong side.

    Args:
        client: A client of Secrets Manager.
        secret_id: The secret's name.
        clock: A monotonic clock, in seconds.
        now: Returns the current time, which is compared with the announced one.
        times: The times of a switch.
    """

    def __init__(
        self,
        client: "SecretsManagerClient",
        secret_id: str,
        clock: Callable[[], float] = time.monotonic,
        *,
        now: Clock = utc_now,
        times: SwitchTimes = USUAL_TIMES,
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._clock = clock
        self._now = now
        self._times = times
        self._lock = Lock()
        self._cached: _Cached | None = None
        self._early: _Cached | None = None

    def current(self, deadline: Deadline) -> Credentials:
        latest = self._latest(deadline)
        if latest.switch_at is not None:
            latest = self._through_switch(latest, deadline)
        return latest.credentials

    def prepare(self, deadline: Deadline) -> None:
        """Read the secret before the first request.

        Callbacks come later than that, and perhaps `make callbacks` in between. So the first
        callback has it read again.
        """
        self._early = self._latest(deadline)

    def of_callbacks(self, kind: str, deadline: Deadline) -> Sequence[str]:
        latest = self._latest(deadline)
        if latest is self._early:
            latest = self._replace(latest, deadline)
        all_secrets = latest.callback_secrets
        secrets = all_secrets.get(kind) if isinstance(all_secrets, dict) else None
        if (
            not isinstance(secrets, list)
            or not secrets
            or not all(is_plain_text(each) for each in secrets)
        ):
            raise NotConfigured(
                f"secret {self._secret_id} needs callbackSecrets.{kind}, a list of strings"
            )
        return secrets

    def privacy_keys(self, deadline: Deadline) -> Sequence[str]:
        return self._privacy_keys(self._latest(deadline))

    def newer_privacy_keys(self, known: Sequence[str], deadline: Deadline) -> Sequence[str]:
        cached = self._cached
        if cached is not None and self._clock() >= cached.read_at + NEW_KEYS_SECONDS:
            cached = self._replace(cached, deadline)
        keys = () if cached is None else self._privacy_keys(cached)
        return [each for each in keys if each not in known]

    def _privacy_keys(self, cached: _Cached) -> Sequence[str]:
        keys = cached.privacy_keys
        if keys is None:
            return ()
        if not isinstance(keys, list) or not all(
            isinstance(each, str) and _PRIVACY_KEY.fullmatch(each) for each in keys
        ):
            raise NotConfigured(
                f"secret {self._secret_id} needs privacyKeys, a list of 64 hexadecimal digits each"
            )
        return keys

    def after_refusal(self, refused: Credentials, deadline: Deadline) -> Credentials:
        latest = self._cached
        if latest is None or latest.credentials is refused:
            latest = self._replace(latest, deadline)
        if latest.switch_at is not None:
            latest = self._through_switch(latest, deadline)
            if latest.switch_at is not None and latest.credentials == refused:
                # An interrupted rotation: OpenTok may know the version that is not current yet.
                return self._pending(deadline) or latest.credentials
        return latest.credentials

    def _through_switch(self, latest: _Cached, deadline: Deadline) -> _Cached:
        """Hold a caller around the announced switch, until the new credentials can be read."""
        while deadline.remaining() > RESERVED_SECONDS and self._is_between(latest):
            since = self._since_switch(latest, self._now())
            if since < self._times.hold:
                deadline.reserve(RESERVED_SECONDS).wait(max(POLL_SECONDS, -since))
            try:
                latest = self._replace(latest, deadline.capped(RENEWAL_SECONDS))
            except StoreUnavailable:
                latest = self._keep(latest)
        return latest

    def _is_between(self, cached: _Cached) -> bool:
        """Return True if a switch is due that these credentials may be from before."""
        since = self._since_switch(cached, self._now())
        seen = self._since_switch(cached, cached.seen_at)
        return since >= -self._times.lead and min(since, seen) < self._times.hold

    @staticmethod
    def _since_switch(cached: _Cached, moment: datetime) -> float:
        """Return the seconds since the announced switch; endlessly few if there is none."""
        if cached.switch_at is None:
            return float("-inf")
        return (moment - cached.switch_at).total_seconds()

    def _pending(self, deadline: Deadline) -> Credentials | None:
        """Return the credentials that a rotation has not put in use yet, if there are any."""
        try:
            return parse_secret(self._read(deadline, _PENDING), self._secret_id)[0]
        except (NotConfigured, StoreUnavailable):
            return None

    def _latest(self, deadline: Deadline) -> _Cached:
        cached = self._cached
        if cached is not None and self._clock() < cached.read_again_at:
            return cached
        if cached is None:
            return self._replace(cached, deadline)
        try:
            return self._replace(cached, deadline.capped(RENEWAL_SECONDS))
        except StoreUnavailable:
            return self._keep(cached)

    def _keep(self, cached: _Cached) -> _Cached:
        """Keep credentials in use for a while, because none can be read."""
        again_at = self._clock() + self._times.retry
        kept = replace(cached, read_again_at=again_at, seen_at=self._now())
        self._cached = kept
        return kept

    def _replace(self, stale: _Cached | None, deadline: Deadline) -> _Cached:
        """Read the secret, unless another caller read it while this caller waited."""
        if not self._lock.acquire(timeout=deadline.remaining()):
            raise StoreUnavailable(
                UNAVAILABLE, note="timed out while another caller read the secret", retry_after=5
            )
        try:
            cached = self._cached
            if cached is None or cached is stale:
                seen_at = self._now()
                credentials, content = parse_secret(self._read(deadline), self._secret_id)
                now, switch_at = self._clock(), switch_time(content)
                cached = self._cached = _Cached(
                    credentials,
                    content.get("callbackSecrets"),
                    content.get("privacyKeys"),
                    read_at=now,
                    read_again_at=now + self._fresh_seconds(seen_at, switch_at),
                    switch_at=switch_at,
                    seen_at=seen_at,
                )
            return cached
        finally:
            self._lock.release()

    def _fresh_seconds(self, now: datetime, switch_at: datetime | None) -> float:
        """Return the time for which content may be used: short where a switch is overdue."""
        if switch_at is None or now < switch_at:
            return self._times.fresh
        late = (now - switch_at).total_seconds()
        return min(self._times.fresh, max(1.0, late / 10))

    def _read(self, deadline: Deadline, stage: str = "AWSCURRENT") -> str | None:
        name = f"secret {self._secret_id}"
        try:
            response = deadline.run(
                lambda: self._client.get_secret_value(SecretId=self._secret_id, VersionStage=stage)
            )
        except READ_ERRORS as error:
            raise secret_error(error, name) from error
        text: object = response.get("SecretString")  # botocore checks no type
        if text is not None and not isinstance(text, str):
            raise StoreUnavailable(UNAVAILABLE, note=f"{name}: no text", retry_after=5)
        return text
