"""OpenTok and Vonage's unified Video API, behind one port.

OpenTok's SDK gives tokens, the signed auth header and the addresses; HTTP is ours.
"""

import json
from typing import Final

from opentok import Client, MediaModes, OpenTokException, Roles

from chalicelib.adapters.opentok.errors import (
    REFUSALS,
    check_available,
    refused,
    summary,
    unavailable,
)
from chalicelib.adapters.opentok.sdk_client import Project, Projects
from chalicelib.adapters.opentok.transport import Answer, Request, Transport
from chalicelib.core.model.room_settings import MediaMode, RoomSettings
from chalicelib.core.ports.video_platform import ClientToken, TokenSpec
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment
from chalicelib.errors import ProviderRefused, ProviderUnavailable

_ATTEMPTS: Final = 3
_RETRY_NEEDS_SECONDS: Final = 3.0
_OK: Final = 200
_LONGEST_SESSION_ID: Final = 255


class OpenTokPlatform:
    """Creates sessions and mints tokens.

    Args:
        projects: Whose credentials to use.
        http: The pool of connections to use.
    """

    def __init__(self, projects: Projects, http: Transport) -> None:
        self._projects = projects
        self._http = http

    def project_id(self, deadline: Deadline) -> str:
        return str(self._projects.current(deadline).client.api_key)

    def mint_token(self, order: TokenSpec, deadline: Deadline) -> ClientToken:
        client = self._projects.current(deadline).client
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
                "No token can be made for this room with the service's present credentials; its "
                "operator finds the reason in the log under this request id.",
                note=f"no token of project {client.api_key} for session {order.session_id}: "
                "if it is another project's, have the room deleted and put anew",
            ) from error
        return ClientToken(client.api_key, text)

    def create_session(
        self, settings: RoomSettings, location: str | None, deadline: Deadline
    ) -> str:
        form = _session_form(settings, location)
        project = self._projects.current(deadline)
        outcome = self._ask_for_session(project, form, deadline)
        if isinstance(outcome, Answer) and outcome.status in REFUSALS:
            renewed = self._projects.after_refusal(project, deadline)
            outcome = self._ask_for_session(renewed, form, deadline)
        if isinstance(outcome, Answer):
            raise refused(f"session/create: {summary(outcome)}")
        return outcome

    def _ask_for_session(
        self, project: Project, form: dict[str, str], deadline: Deadline
    ) -> str | Answer:
        """A session's id, or the refusal. Asks again while that may help: sessions are free."""
        client = project.client
        attempt = 0
        while True:
            attempt += 1
            try:
                url, headers = client.endpoints.get_session_url(), client.get_headers()
                answer = self._http.send(Request("POST", url, headers, form=form), deadline)
                check_available(answer, f"session/create: {summary(answer)}")
                return _session_id(answer, client) if answer.status == _OK else answer
            except ProviderUnavailable:
                increment("ProviderErrors")
                if attempt == _ATTEMPTS or deadline.remaining() < _RETRY_NEEDS_SECONDS:
                    raise
                deadline.back_off(attempt)


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
    return unavailable(f"session/create: {note}")
