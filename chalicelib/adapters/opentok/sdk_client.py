"""The SDK's client for the credentials of the moment: tokens, auth headers and addresses."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from opentok import Client
from opentok.endpoints import Endpoints

from chalicelib.core.ports.credentials import Credentials, CredentialSource, OpenTokCredentials
from chalicelib.core.support.deadline import Deadline

OPENTOK_URL: Final = "https://api.opentok.com"
VONAGE_URL: Final = "https://video.api.vonage.com"


@dataclass(frozen=True, slots=True)
class Project:
    """The SDK's client, with the credentials it was built from."""

    credentials: Credentials
    client: Client


class Projects:
    """Builds a client once per set of credentials.

    Args:
        credentials: Where key and secret come from.
        api_url: Where OpenTok is; None for the address that belongs to the credentials.
    """

    def __init__(self, credentials: CredentialSource, api_url: str | None = None) -> None:
        self._credentials = credentials
        self._api_url = api_url
        self._latest: Project | None = None

    def current(self, deadline: Deadline) -> Project:
        return self._project(self._credentials.current(deadline))

    def after_refusal(self, refused: Project, deadline: Deadline) -> Project:
        """The project as its secret has it now, because OpenTok refused this one."""
        return self._project(self._credentials.after_refusal(refused.credentials, deadline))

    def _project(self, credentials: Credentials) -> Project:
        latest = self._latest
        if latest is None or latest.credentials is not credentials:
            latest = self._latest = Project(credentials, _client(credentials, self._api_url))
        return latest


def _client(credentials: Credentials, api_url: str | None) -> Client:
    if isinstance(credentials, OpenTokCredentials):
        return Client(credentials.api_key, credentials.api_secret, api_url=api_url or OPENTOK_URL)
    # The SDK takes a private key only as the path of a file with an extension, which it reads in
    # its constructor; and for such credentials it ignores `api_url`. So it reads an empty file and
    # gets the key afterwards, parsed: from text, every signature would parse and check it anew,
    # which takes a tenth of a second.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "private.key")
        path.touch()
        client = Client(credentials.application_id, str(path))
    client.api_secret = load_pem_private_key(
        credentials.private_key.encode(), password=None, unsafe_skip_rsa_key_validation=True
    )
    client.endpoints = Endpoints(api_url or VONAGE_URL, credentials.application_id)
    return client
