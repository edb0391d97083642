"""Fakes of a secret with versions, and of the account that replaces credentials."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from chalicelib.core.ports.credentials import (
    Credentials,
    OpenTokCredentials,
    VonageCredentials,
)
from chalicelib.core.ports.operation.rotation import StoredCredentials
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.errors import ProviderRefused, ProviderUnavailable, StoreUnavailable
from tests.fakes.faults import Faults

ANNOUNCED = "announced"
"""The version that an announcement makes here."""


@dataclass(frozen=True, slots=True)
class _Version:
    credentials: Credentials
    other: str
    switch_at: datetime | None = None


class FakeVersions:
    """A secret in memory.

    Attributes:
        other: What else is stored, which stays.
        current_version: The id of the version in use.
    """

    def __init__(self, credentials: Credentials, other: str = "callbacks") -> None:
        self.faults = Faults(lambda: StoreUnavailable("The secret cannot be reached now."))
        self.current_version = "first"
        self._versions = {"first": _Version(credentials, other)}

    @property
    def other(self) -> str:
        return self._versions[self.current_version].other

    def is_current(self, version: str, deadline: Deadline) -> bool:
        with self.faults.call("is_current", deadline):
            return version == self.current_version

    def current(self, deadline: Deadline) -> StoredCredentials:
        with self.faults.call("current", deadline):
            stored = self._versions[self.current_version]
            return StoredCredentials(stored.credentials, stored.switch_at)

    def pending(self, version: str, deadline: Deadline) -> Credentials | None:
        with self.faults.call("pending", deadline):
            stored = self._versions.get(version)
            return None if stored is None else stored.credentials

    def announce(self, switch_at: datetime, deadline: Deadline) -> None:
        with self.faults.call("announce", deadline):
            announced = replace(self._versions[self.current_version], switch_at=switch_at)
            self._versions[ANNOUNCED] = announced
            self.current_version = ANNOUNCED

    def put(self, version: str, credentials: Credentials, deadline: Deadline) -> None:
        with self.faults.call("put", deadline):
            assert version not in self._versions
            self._versions[version] = _Version(credentials, self.other)

    def promote(self, version: str, deadline: Deadline) -> None:
        with self.faults.call("promote", deadline):
            assert version in self._versions
            self.current_version = version


class FakeIssuer:
    """A platform with an account. It makes secrets itself, or takes the keys that callers make.

    Attributes:
        on_record: The credentials that the platform accepts.
        accepts_after: The seconds from a replacement until the new credentials are accepted.
        replaced_at: The times of all replacements.
    """

    def __init__(self, clock: Clock, on_record: Credentials) -> None:
        self.faults = Faults(lambda: ProviderUnavailable("OpenTok does not answer."))
        self.on_record = on_record
        self.accepts_after = 0.0
        self.replaced_at: list[datetime] = []
        self._clock = clock
        self._numbers = count(1)

    def prepare(self, current: Credentials) -> Credentials | None:
        if isinstance(current, OpenTokCredentials):
            return None
        return VonageCredentials(current.application_id, f"key-{next(self._numbers)}")

    def replace(
        self, current: Credentials, prepared: Credentials | None, deadline: Deadline
    ) -> Credentials:
        with self.faults.call("replace", deadline):
            if prepared is not None and isinstance(prepared, VonageCredentials):
                self._record(prepared)
            elif isinstance(current, OpenTokCredentials) and self.on_record == current:
                self._record(OpenTokCredentials(current.api_key, f"secret-{next(self._numbers)}"))
            return self.on_record

    def _record(self, new: Credentials) -> None:
        if new != self.on_record:
            self.on_record = new
            self.replaced_at.append(self._clock())

    def knows(self, credentials: Credentials, deadline: Deadline) -> bool:
        with self.faults.call("knows", deadline):
            return credentials == self.on_record

    def accepts(self, credentials: Credentials, deadline: Deadline) -> bool:
        with self.faults.call("accepts", deadline):
            if not self.replaced_at:
                return credentials == self.on_record
            passed = (self._clock() - self.replaced_at[-1]).total_seconds()
            return passed >= self.accepts_after and credentials == self.on_record

    def refuse_account(self, method: str) -> None:
        """Let the platform refuse the account's own credentials at the next call."""
        self.faults.fail_next(method, ProviderRefused("OpenTok refuses the account."))
