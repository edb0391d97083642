"""What OpenTok's answers mean, told in our own errors."""

import json
from typing import Final

from chalicelib.adapters.opentok.transport import UNAVAILABLE, Answer
from chalicelib.errors import ProviderRefused, ProviderUnavailable

REFUSALS: Final = frozenset({401, 403})
_PASSING: Final = frozenset({408, 425, 429})
_SERVER_ERROR: Final = 500
_LONGEST_NOTE: Final = 200


def check_available(answer: Answer, note: str) -> None:
    """Raise ProviderUnavailable, with this note, if asking again later may help."""
    if answer.status in _PASSING:
        raise unavailable(note, not_performed=True)
    if answer.status >= _SERVER_ERROR:
        raise unavailable(note)


def refused(note: str) -> ProviderRefused:
    return ProviderRefused(
        "The video platform refuses this service's credentials or request; "
        "its operator finds the reason in the log under this request id.",
        note=note,
    )


def unavailable(note: str, *, not_performed: bool = False) -> ProviderUnavailable:
    return ProviderUnavailable(UNAVAILABLE, note=note, retry_after=5, not_performed=not_performed)


def summary(answer: Answer) -> str:
    """The status and OpenTok's own message, if its body is OpenTok's."""
    message = own_message(answer) or "(not OpenTok's error body)"
    return f"{answer.status} {message[:_LONGEST_NOTE]}"


def own_message(answer: Answer) -> str | None:
    """What OpenTok says in an error; None where the answer is not OpenTok's."""
    try:
        return str(json.loads(answer.body)["message"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
