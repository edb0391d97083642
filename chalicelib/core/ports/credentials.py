from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chalicelib.core.model.user import User
from chalicelib.core.support.deadline import Deadline


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
    """A source of the credentials for OpenTok.

    Both methods raise `NotConfigured` if no usable credentials are stored, and `StoreUnavailable`
    if the source cannot answer in time.
    """

    def current(self, deadline: Deadline) -> Credentials:
        """Return the credentials, at most a few minutes old."""

    def after_refusal(self, refused: Credentials, deadline: Deadline) -> Credentials:
        """Read the credentials again, because OpenTok refused the ones returned last."""


class CallbackSecrets(Protocol):
    """A source of the secrets with which OpenTok signs its callbacks."""

    def of_callbacks(self, kind: str, deadline: Deadline) -> Sequence[str]:
        """Return the secrets of this kind: the current one and earlier ones that may be in use.

        Raises:
            NotConfigured: No secret is stored.
            StoreUnavailable: The source cannot answer in time.
        """


class CallbackVerifier(Protocol):
    """A check that a callback comes from OpenTok."""

    def check(self, kind: str, authorization: str | None, body: bytes, deadline: Deadline) -> None:
        """Check the signature of a callback's body.

        Raises:
            CallbackUnsigned: The callback has no signature.
            Unauthenticated: The signature is not valid.
        """

    def path(self, kind: str, deadline: Deadline) -> str | None:
        """Return the path, below the API's URL, to which OpenTok sends this kind of callback.

        None if the service would reject such callbacks.
        """

    def check_path(self, secret: str) -> None:
        """Check the secret in the path of an unsigned callback.

        Raises:
            Unauthenticated: The secret is wrong, or the service accepts no unsigned callbacks.
        """


class IdentityProvider(Protocol):
    """The identity provider of the customer's app."""

    def user(self, authorization: str | None) -> User:
        """Return the caller, from the value of the Authorization header.

        Raises:
            Unauthenticated: The bearer token is missing or not valid.
            IdentityUnavailable: The provider's keys cannot be fetched at the moment.
        """
