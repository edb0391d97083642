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
    """Where the platform's credentials come from.

    Both raise `NotConfigured` if there are none that can be used, `StoreUnavailable` if the
    source cannot answer in time.
    """

    def current(self, deadline: Deadline) -> Credentials:
        """The credentials, at most a few minutes old."""

    def after_refusal(self, refused: Credentials, deadline: Deadline) -> Credentials:
        """The credentials read anew, because the platform refused those last returned."""


class CallbackSecrets(Protocol):
    """Where the secrets come from that the platform signs its callbacks with."""

    def of_callbacks(self, kind: str, deadline: Deadline) -> Sequence[str]:
        """This kind's secrets, the current one and those before it that may still be in use.

        Raises:
            NotConfigured: There are none.
            StoreUnavailable: The source cannot answer in time.
        """


class CallbackVerifier(Protocol):
    """Tells whether a callback comes from the platform."""

    def check(self, kind: str, authorization: str | None, body: bytes, deadline: Deadline) -> None:
        """Pass if the body is signed.

        Raises:
            CallbackUnsigned: There is no signature.
            Unauthenticated: There is one, and it is not good.
        """

    def path(self, kind: str, deadline: Deadline) -> str | None:
        """Where the platform is to send this kind to, below the API's own address.

        None where it would not be believed.
        """

    def check_path(self, secret: str) -> None:
        """Pass if this is the secret that unsigned callbacks come to.

        Raises:
            Unauthenticated: It is not, or unsigned callbacks are not taken at all.
        """


class IdentityProvider(Protocol):
    """The app's own identity provider."""

    def user(self, authorization: str | None) -> User:
        """The caller, from the value of the Authorization header.

        Raises:
            Unauthenticated: There is no bearer, or it is not one to be trusted.
            IdentityUnavailable: The provider's keys cannot be had at the moment.
        """
