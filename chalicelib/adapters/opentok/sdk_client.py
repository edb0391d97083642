"""The OpenTok SDK's client for the current credentials: tokens, auth headers and addresses."""

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
class SdkClient:
    """A client of the OpenTok SDK and the credentials it was built from."""

    credentials: Credentials
    client: Client


class SdkClients:
    """A cache of one client, which is rebuilt when the credentials change.

    Args:
        credentials: The source of the credentials.
        api_url: OpenTok's address. None selects the default for the kind of credentials.
    """

    def __init__(self, credentials: CredentialSource, api_url: str | None = None) -> None:
        self._credentials = credentials
        self._api_url = api_url
        self._latest: SdkClient | None = None

    def current(self, deadline: Deadline) -> SdkClient:
        return self._client_for(self._credentials.current(deadline))

    def after_refusal(self, refused: SdkClient, deadline: Deadline) -> SdkClient:
        """Read the credentials again after OpenTok refused these, and return a client for them."""
        return self._client_for(self._credentials.after_refusal(refused.credentials, deadline))

    def _client_for(self, credentials: Credentials) -> SdkClient:
        latest = self._latest
        if latest is None or latest.credentials is not credentials:
            client = _build_client(credentials, self._api_url)
            latest = self._latest = SdkClient(credentials, client)
        return latest


def _build_client(credentials: Credentials, api_url: str | None) -> Client:
    if isinstance(credentials, OpenTokCredentials):
        return Client(credentials.api_key, credentials.api_secret, api_url=api_url or OPENTOK_URL)
    # The SDK's constructor takes a private key only as the path of a file with an extension. For a
    # private key, the SDK also ignores `api_url`. So the SDK reads an empty file here, and both are
    # set afterwards. The key is set parsed: each signature would parse and check a text again,
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
