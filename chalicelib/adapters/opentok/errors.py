"""Translation of OpenTok's error responses into errors of this service."""

import json
from typing import Final

from chalicelib.adapters.opentok.transport import UNAVAILABLE, Answer
from chalicelib.errors import ProviderRefused, ProviderUnavailable

REFUSALS: Final = frozenset({401, 403})
_TEMPORARY: Final = frozenset({408, 425, 429})
_SERVER_ERROR: Final = 500
_MAX_MESSAGE_CHARACTERS: Final = 200


def check_available(answer: Answer, note: str) -> None:
    """Raise ProviderUnavailable with this note if a later retry may succeed."""
    if answer.status in _TEMPORARY:
        raise unavailable(note, not_performed=True)
    if answer.status >= _SERVER_ERROR:
        raise unavailable(note)


def refused(note: str) -> ProviderRefused:
    return ProviderRefused(
        "The video platform rejected this service's credentials or request. "
        "The service's log has the reason under this request id.",
        note=note,
    )


def unavailable(note: str, *, not_performed: bool = False) -> ProviderUnavailable:
    return ProviderUnavailable(UNAVAILABLE, note=note, retry_after=5, not_performed=not_performed)


def summary(answer: Answer) -> str:
    """Return the status, and OpenTok's message if the body has one."""
    message = own_message(answer) or "(no error body of OpenTok)"
    return f"{answer.status} {message[:_MAX_MESSAGE_CHARACTERS]}"


def own_message(answer: Answer) -> str | None:
    """Return the message of an error from OpenTok. None if another server sent the error."""
    try:
        return str(json.loads(answer.body)["message"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
