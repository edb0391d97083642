from dataclasses import dataclass, field
from typing import Protocol

from chalicelib.core.deadline import Deadline


@dataclass(frozen=True, slots=True)
class OpenTokCredentials:
    """An OpenTok project's key and secret."""

    api_key: str
    api_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class VonageCredentials:
    """A Vonage application's id and its private key in PEM."""

    application_id: str
    private_key: str = field(repr=False)


Credentials = OpenTokCredentials | VonageCredentials


class CredentialSource(Protocol):
    """Where the platform's credentials come from.

    Both raise `NotConfigured` if there are none that can be used, `StoreUnavailable` if the
    source cannot answer in time.
    """

    def current(self, deadline: Deadline) -> Credentials:
        """The credentials, at most a few minutes old."""

    def after_refusal(self, refused: Credentials, deadline: Deadline) -> Credentials:
        """The credentials read anew, because the platform refused those last returned."""
