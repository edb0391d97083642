"""Sessions and client tokens of OpenTok and of Vonage's unified Video API.

OpenTok's SDK makes tokens, signed auth headers and addresses. HTTP goes through `Transport`.
"""

import json
from collections.abc import Mapping
from typing import Final

from opentok import Client, MediaModes, OpenTokException, Roles

from chalicelib.adapters.opentok.api_client import (
    REFUSALS,
    Answer,
    Request,
    Transport,
    check_available,
    refused,
    summary,
    unavailable,
)
from chalicelib.adapters.opentok.sdk_client import SdkClient, SdkClients
from chalicelib.core.model.room_settings import MediaMode, RoomSettings
from chalicelib.core.ports.video_platform import ClientToken, TokenSpec
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment
from chalicelib.errors import ProviderRefused, ProviderUnavailable

_ATTEMPTS: Final = 3
_RETRY_NEEDS_SECONDS: Final = 3.0
_OK: Final = 200
_MAX_SESSION_ID_CHARACTERS: Final = 255


class OpenTokPlatform:
    """The video platform: it creates sessions and signs tokens.

    Args:
        sdk_clients: The source of SDK clients with current credentials.
        transport: The pool of HTTP connections.
    """

    def __init__(self, sdk_clients: SdkClients, transport: Transport) -> None:
        self._sdk_clients = sdk_clients
        self._transport = transport

    def project_id(self, deadline: Deadline) -> str:
        return str(self._sdk_clients.current(deadline).client.api_key)

    def sign_token(self, spec: TokenSpec, deadline: Deadline) -> ClientToken:
        client = self._sdk_clients.current(deadline).client
        try:
            text = client.generate_token(
                spec.session_id,
                role=Roles(spec.role.value),
                expire_time=spec.expires_at,
                data=spec.connection_data,
                initial_layout_class_list=list(spec.layout_classes),
            )
        except OpenTokException as error:
            raise ProviderRefused(
                "The service's current credentials cannot make a token for this room. "
                "The service's log has the reason under this request id.",
                note=f"no token of project {client.api_key} for session {spec.session_id}: "
                "if the session belongs to another project, delete the room and create it again",
            ) from error
        return ClientToken(client.api_key, text)

    def create_session(
        self, settings: RoomSettings, location: str | None, deadline: Deadline
    ) -> str:
        form = _session_form(settings, location)
        sdk = self._sdk_clients.current(deadline)
        outcome = self._request_session(sdk, form, deadline)
        if isinstance(outcome, Answer) and outcome.status in REFUSALS:
            renewed = self._sdk_clients.after_refusal(sdk, deadline)
            outcome = self._request_session(renewed, form, deadline)
        if isinstance(outcome, Answer):
            raise refused(_note(form, outcome))
        return outcome

    def _request_session(
        self, sdk: SdkClient, form: dict[str, str], deadline: Deadline
    ) -> str | Answer:
        """Return a session's id, or the refusal. Retry otherwise, because sessions are free."""
        client = sdk.client
        attempt = 0
        while True:
            attempt += 1
            try:
                url, headers = client.endpoints.get_session_url(), client.get_headers()
                answer = self._transport.send(Request("POST", url, headers, form=form), deadline)
                check_available(answer, _note(form, answer))
                return _session_id(answer, client) if answer.status == _OK else answer
            except ProviderUnavailable:
                increment("ProviderErrors")
                if attempt == _ATTEMPTS or deadline.remaining() < _RETRY_NEEDS_SECONDS:
                    raise
                deadline.back_off(attempt)


def _note(form: Mapping[str, str], answer: Answer) -> str:
    return f"session/create: {summary(answer, secret='archiveName' in form)}"


def _session_form(settings: RoomSettings, location: str | None) -> dict[str, str]:
    """Build the form that creates a session, without fields that have no value.

    With manual archive mode, OpenTok answers 400 to `archiveName` or `archiveResolution`, even if
    they are empty.
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


def _session_id(answer: Answer, client: Client) -> str:
    """Return the session's id from the response.

    Raises:
        ProviderUnavailable: The response holds no id of this project's session. So another server
            sent the response, or the response is not complete.
    """
    try:
        session_id = json.loads(answer.body)[0]["session_id"]
        if not isinstance(session_id, str) or len(session_id) > _MAX_SESSION_ID_CHARACTERS:
            raise _unavailable("200 with an invalid session_id")
        # The SDK checks the id's project. A session without tokens is useless.
        client.generate_token(session_id)
    except (ValueError, LookupError, TypeError, RecursionError, OpenTokException) as error:
        raise _unavailable("200 without a session of this project") from error
    return session_id


def _unavailable(note: str) -> ProviderUnavailable:
    return unavailable(f"session/create: {note}")
