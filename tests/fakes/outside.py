"""Fakes of the identity provider, credentials, callback verifier, storage and metrics."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from chalicelib.core.model.user import User
from chalicelib.core.ports.archives import ArchiveFile
from chalicelib.core.ports.credentials import Credentials, OpenTokCredentials
from chalicelib.core.ports.video_platform import LibraryAddress
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import (
    CallbackUnsigned,
    IdentityUnavailable,
    NotConfigured,
    StoreUnavailable,
    Unauthenticated,
)
from tests.fakes.faults import Faults
from tests.fakes.opentok.clients import PROJECT

SIGNED = "Bearer signed"
"""The Authorization header of a callback that the platform has signed."""


class FakeIdentity:
    """Identifies users by access tokens that it issued itself."""

    def __init__(self) -> None:
        self.faults = Faults(lambda: IdentityUnavailable("Nobody can be recognized now."))
        self._users: dict[str, User] = {}

    def bearer(self, user: User) -> str:
        """Return this user's Authorization header."""
        authorization = f"Bearer {user.id}"
        self._users[authorization] = user
        return authorization

    def user(self, authorization: str | None) -> User:
        with self.faults.lock:
            if authorization is None or authorization not in self._users:
                raise Unauthenticated("Send a bearer token.")
            return self._users[authorization]


class FakeCredentials:
    """Credentials, their replacements, and the secrets of callbacks."""

    def __init__(self, current: Credentials | None = None) -> None:
        self.faults = Faults(lambda: StoreUnavailable("The credentials cannot be read now."))
        self.secrets: dict[str, Sequence[str]] = {}
        self.rotated: Credentials | None = None
        self._current = current or OpenTokCredentials(PROJECT, "secret")

    def current(self, deadline: Deadline) -> Credentials:
        with self.faults.call("current", deadline):
            return self._current

    def after_refusal(self, refused: Credentials, deadline: Deadline) -> Credentials:
        with self.faults.call("after_refusal", deadline):
            if refused == self._current and self.rotated is not None:
                self._current = self.rotated
            return self._current

    def of_callbacks(self, kind: str, deadline: Deadline) -> Sequence[str]:
        with self.faults.call("of_callbacks", deadline):
            if kind not in self.secrets:
                raise NotConfigured(f"no secret of {kind} callbacks")
            return self.secrets[kind]


class FakeClientLibrary:
    """A client library at an address that nobody serves."""

    def address(self, deadline: Deadline) -> LibraryAddress:  # noqa: ARG002 - as the port has it
        return LibraryAddress("https://library.test/opentok.js", ("https://library.test",))


class FakeCallbackVerifier:
    """Accepts callbacks whose Authorization header is `SIGNED`.

    Args:
        path_secret: The secret in the path of unsigned callbacks; with None, none are accepted.
    """

    def __init__(self, path_secret: str | None = None) -> None:
        self.unsigned_kinds: set[str] = set()
        self._path_secret = path_secret

    def check(
        self,
        kind: str,  # noqa: ARG002  all kinds are signed alike here
        authorization: str | None,
        body: bytes,  # noqa: ARG002  the mark is good for any body
        deadline: Deadline,  # noqa: ARG002  nothing has to be asked
    ) -> None:
        if authorization is None:
            raise CallbackUnsigned("This callback is not signed; send it again.", retry_after=5)
        if authorization != SIGNED:
            raise Unauthenticated("This callback's signature is not good.")

    def path(self, kind: str, deadline: Deadline) -> str | None:  # noqa: ARG002
        if kind not in self.unsigned_kinds:
            return f"/callbacks/{kind}"
        return None if self._path_secret is None else f"/callbacks/{kind}/{self._path_secret}"

    def check_path(self, secret: str) -> None:
        if self._path_secret is None or secret != self._path_secret:
            raise Unauthenticated("This callback's signature is not good.")


class FakeArchiveStorage:
    """The owner's bucket, if there is one.

    Attributes:
        keys: The files in it.
    """

    def __init__(self, *, has_bucket: bool) -> None:
        self.faults = Faults(lambda: StoreUnavailable("Recordings cannot be reached now."))
        self.keys: set[str] = set()
        self._has_bucket = has_bucket

    def download_url(self, file: ArchiveFile, deadline: Deadline) -> str | None:
        if not self._has_bucket:
            return None
        with self.faults.call("download_url", deadline):
            return f"https://bucket.invalid/{file.key}"

    def delete(self, file: ArchiveFile, deadline: Deadline) -> bool:
        if not self._has_bucket:
            return False
        with self.faults.call("delete", deadline):
            self.keys.discard(file.key)
            return True


class FakeRefusals:
    """Counts of problems that a test sets."""

    def __init__(self) -> None:
        self.faults = Faults(lambda: StoreUnavailable("Nobody knows.", note="metrics: away"))
        self.counts: dict[str, int] = {}

    def since(
        self, start: datetime, now: datetime, codes: Collection[str], deadline: Deadline
    ) -> Mapping[str, int]:
        with self.faults.call("since", deadline):
            assert start < now
            assert self.counts.keys() <= set(codes)
            return dict(self.counts)
