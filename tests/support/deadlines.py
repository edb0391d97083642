"""Deadlines that spare a test the waiting: without pauses, or soon over."""

from functools import partial

from chalicelib.api.http.router import REQUEST_SECONDS
from chalicelib.core.rooms.create_room import SECONDS_TO_STORE
from chalicelib.core.support.deadline import Deadline


def no_pause(_: float) -> None:
    """Return without a pause."""


unpaused_deadline = partial(Deadline, REQUEST_SECONDS, sleep=no_pause)
"""As long as a request's own, but nobody pauses before a repeated call."""

short_deadline = partial(Deadline, 0.5)
"""So short that a test can wait for its end."""

short_deadline_of_opentok = partial(Deadline, SECONDS_TO_STORE + 0.3)
"""As short for OpenTok and its secret, from which a request keeps back the time to store."""
