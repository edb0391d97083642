"""OpenTok and Vonage's unified Video API, behind one port.

OpenTok's SDK gives tokens, the signed auth header and the addresses; HTTP is ours.
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from opentok import Client, MediaModes, OpenTokException, Roles
from opentok.endpoints import Endpoints

from chalicelib.adapters.opentok.http import UNAVAILABLE, Answer, OpenTokHttp
from chalicelib.core.credentials import Credentials, CredentialSource, OpenTokCredentials
from chalicelib.core.deadline import Deadline
from chalicelib.core.measurements import count
from chalicelib.core.ports import ClientToken, TokenOrder
from chalicelib.core.rooms import MediaMode, RoomSettings
from chalicelib.errors import ProviderRefused, ProviderUnavailable

OPENTOK_URL: Final = "https://api.opentok.com"
VONAGE_URL: Final = "https://video.api.vonage.com"

_ATTEMPTS: Final = 3
_RETRY_NEEDS_SECONDS: Final = 3.0
_OK: Final = 200
_REFUSALS: Final = frozenset({401, 403})
_PASSING: Final = frozenset({408, 425, 429})
_SERVER_ERROR: Final = 500
_LONGEST_SESSION_ID: Final = 255
_LONGEST_NOTE: Final = 200


@dataclass(frozen=True, slots=True)
class _Project:
    """The SDK's client, with the credentials it was built from."""

    credentials: Credentials
    client: Client


class OpenTokPlatform:
    """Creates sessions and mints tokens.

    Args:
        credentials: Where key and secret come from.
        http: The pool of connections to use.
        api_url: Where OpenTok is; None for the address that belongs to the credentials.
    """

    def __init__(
        self, credentials: CredentialSource, http: OpenTokHttp, api_url: str | None = None
    ) -> None:
        self._credentials = credentials
        self._http = http
        self._api_url = api_url
        self._latest: _Project | None = None

    def project_id(self, deadline: Deadline) -> str:
        return str(self._project(self._credentials.current(deadline)).client.api_key)

    def mint_token(self, order: TokenOrder, deadline: Deadline) -> ClientToken:
        client = self._project(self._credentials.current(deadline)).client
        try:
            text = client.generate_token(
                order.session_id,
                role=Roles(order.role.value),
                expire_time=order.expires_at,
                data=order.connection_data,
                initial_layout_class_list=list(order.layout_classes),
            )
        except OpenTokException as error:
            raise ProviderRefused(
                "This room belongs to an OpenTok project that the service no longer uses; "
                "delete the room and create it anew.",
                note=f"no token for session {order.session_id} with project {client.api_key}",
            ) from error
        return ClientToken(client.api_key, text)

    def create_session(
        self, settings: RoomSettings, location: str | None, deadline: Deadline
    ) -> str:
        form = _session_form(settings, location)
        project = self._project(self._credentials.current(deadline))
        outcome = self._ask_for_session(project, form, deadline)
        if isinstance(outcome, Answer) and outcome.status in _REFUSALS:
            renewed = self._credentials.after_refusal(project.credentials, deadline)
            outcome = self._ask_for_session(self._project(renewed), form, deadline)
        if isinstance(outcome, Answer):
            raise ProviderRefused(
                "The video platform refuses this service's credentials or request; "
                "its operator finds the reason in the log under this request id.",
                note=f"session/create: {_summary(outcome)}",
            )
        return outcome

    def _ask_for_session(
        self, project: _Project, form: dict[str, str], deadline: Deadline
    ) -> str | Answer:
        """A session's id, or the refusal. Asks again while that may help: sessions are free."""
        client = project.client
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = self._http.post_form(
                    client.endpoints.get_session_url(), client.get_headers(), form, deadline
                )
                _check_available(answer)
                return _session_id(answer, client) if answer.status == _OK else answer
            except ProviderUnavailable:
                count("ProviderErrors")
                if attempt == _ATTEMPTS or deadline.remaining() < _RETRY_NEEDS_SECONDS:
                    raise
                deadline.pause(attempt)

    def _project(self, credentials: Credentials) -> _Project:
        latest = self._latest
        if latest is None or latest.credentials is not credentials:
            latest = self._latest = _Project(credentials, _client(credentials, self._api_url))
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


def _session_form(settings: RoomSettings, location: str | None) -> dict[str, str]:
    """The fields of a session's creation; an archive's name or size only where it has one.

    OpenTok answers 400 to those two with a manual archive mode, even if they are empty.
    """
    media = MediaModes.routed if settings.media_mode is MediaMode.ROUTED else MediaModes.relayed
    form = {
        "p2p.preference": media.value,
        "archiveMode": settings.archive_mode.value,
        "e2ee": str(settings.e2ee).lower(),
    }
    optional = {
        "archiveName": settings.archive_name,
        "archiveResolution": settings.archive_resolution,
        "location": location,
    }
    return form | {name: value for name, value in optional.items() if value is not None}


def _check_available(answer: Answer) -> None:
    if answer.status in _PASSING or answer.status >= _SERVER_ERROR:
        raise _unavailable(_summary(answer))


def _session_id(answer: Answer, client: Client) -> str:
    """The session's id, if the answer holds one of this project's.

    Raises:
        ProviderUnavailable: It does not, so it is not OpenTok's answer, or not all of it.
    """
    try:
        session_id = json.loads(answer.body)[0]["session_id"]
        if not isinstance(session_id, str) or len(session_id) > _LONGEST_SESSION_ID:
            raise _unavailable("200 with a session_id that is none")
        # The SDK reads the project out of the id; one that no token can be made for is no use.
        client.generate_token(session_id)
    except (ValueError, LookupError, TypeError, RecursionError, OpenTokException) as error:
        raise _unavailable("200 without a session of this project") from error
    return session_id


def _unavailable(note: str) -> ProviderUnavailable:
    return ProviderUnavailable(UNAVAILABLE, note=f"session/create: {note}", retry_after=5)


def _summary(answer: Answer) -> str:
    """The status and OpenTok's own message, if its body is OpenTok's."""
    try:
        message = str(json.loads(answer.body)["message"])
    except (ValueError, LookupError, TypeError, RecursionError):
        message = "(not OpenTok's error body)"
    return f"{answer.status} {message[:_LONGEST_NOTE]}"
