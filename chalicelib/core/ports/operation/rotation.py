"""The ports of a rotation of OpenTok's credentials."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.core.ports.credentials import Credentials
from chalicelib.core.support.deadline import Deadline


@dataclass(frozen=True, slots=True)
class StoredCredentials:
    """The credentials that are in use.

    Args:
        credentials: The credentials.
        switch_at: The announced time from which others are accepted; None if none is announced.
    """

    credentials: Credentials
    switch_at: datetime | None


class CredentialVersions(Protocol):
    """The versions of the credentials: the current one, and those that a rotation makes.

    Every method raises `StoreUnavailable` if the store cannot answer in time, and `NotConfigured`
    if it refuses, or if what is stored is of no use.
    """

    def is_current(self, version: str, deadline: Deadline) -> bool:
        """Return True if this version is the current one."""

    def current(self, deadline: Deadline) -> StoredCredentials:
        """Return the current credentials."""

    def pending(self, version: str, deadline: Deadline) -> Credentials | None:
        """Return a version's credentials. None if none are stored yet."""

    def announce(self, switch_at: datetime, deadline: Deadline) -> None:
        """Tell all instances when the current credentials will be replaced."""

    def put(self, version: str, credentials: Credentials, deadline: Deadline) -> None:
        """Store a version's credentials as pending, with all else that is stored now.

        A version keeps its content. So this must be called once for each.
        """

    def promote(self, version: str, deadline: Deadline) -> None:
        """Make a version the current one, which ends the announcement. Repeating it is harmless."""


class CredentialIssuer(Protocol):
    """The account at OpenTok or Vonage, which can replace credentials.

    Every method but `prepare` raises `ProviderUnavailable` if no valid answer comes in time, and
    `ProviderRefused` if the account's own credentials or the request are refused.
    """

    def prepare(self, current: Credentials) -> Credentials | None:
        """Return new credentials that the platform does not know yet.

        None if the platform itself makes them, when it replaces the current ones.
        """

    def replace(
        self, current: Credentials, prepared: Credentials | None, deadline: Deadline
    ) -> Credentials:
        """Have the platform accept other credentials than the current ones, and return them.

        After a lost answer, a repetition returns the same ones.
        """

    def knows(self, credentials: Credentials, deadline: Deadline) -> bool:
        """Return True if the account has exactly these credentials on record."""

    def accepts(self, credentials: Credentials, deadline: Deadline) -> bool:
        """Try the credentials by a call that costs nothing. Return True if they are accepted."""
