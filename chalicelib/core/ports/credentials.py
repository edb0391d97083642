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


class PrivacyKeys(Protocol):
    """A source of the keys that hide who users are.

    Both methods raise `NotConfigured` if what is stored is of no use, and `StoreUnavailable` if the
    source cannot answer in time.
    """

    def privacy_keys(self, deadline: Deadline) -> Sequence[str]:
        """Return the keys, 32 bytes in hex each, the newest first; empty if none is stored."""

    def newer_privacy_keys(self, known: Sequence[str], deadline: Deadline) -> Sequence[str]:
        """Read the keys again, unless that was a moment ago, and return those that are not known.

        An instance may know a new key minutes before another one does.
        """


class Pseudonyms(Protocol):
    """Stand-ins for who users are, which only this service can resolve.

    Every method raises `NotConfigured` if it needs a key and none is stored, and `StoreUnavailable`
    if the keys cannot be read in time.
    """

    def for_logs(self, user_id: str, deadline: Deadline) -> str:
        """Return the user's keyed hash, which is the same in all log lines."""

    def seal(self, session_id: str, user_id: str, name: str | None, deadline: Deadline) -> str:
        """Return an opaque id of the participant: of the characters A-Z, a-z, 0-9, _ and -.

        It is the same for the same user and name in the same session, and another one elsewhere.
        Its length depends on the lengths of user id and name alone, up to some padding.
        """

    def unseal(
        self, session_id: str, sealed: str, deadline: Deadline
    ) -> tuple[str, str | None] | None:
        """Return the user id and the name behind an opaque id.

        None if this service did not make the id for this session.
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
