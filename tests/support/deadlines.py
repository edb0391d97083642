"""Deadlines that spare a test the waiting: without pauses, or soon over."""

from functools import partial

from chalicelib.api.http.router import REQUEST_SECONDS
from chalicelib.core.sessions.new_sessions import SECONDS_TO_STORE
from chalicelib.core.support.deadline import Deadline


def no_pause(_: float) -> None:
    """Return without a pause."""


unpaused_deadline = partial(Deadline, REQUEST_SECONDS, sleep=no_pause)
"""The length of a request's own deadline, but without pauses between attempts."""

short_deadline = partial(Deadline, 0.5)
"""A deadline so short that a test can wait for its end."""

short_deadline_of_opentok = partial(Deadline, SECONDS_TO_STORE + 0.3)
"""A short deadline for OpenTok and the secret, after the time that a request reserves to store."""
