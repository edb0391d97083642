"""Shared captions of a room: they end when the last user who asked for them stops them."""

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Lock
from typing import Final

from local.sample_apps.public_api import PublicApi, room_path
from local.sample_apps.refusal import Refusal, not_found
from local.sample_apps.rooms import LONGEST_SECONDS

_ID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_UNKNOWN: Final = ""
"""A user who cannot be identified; each such user counts."""


@dataclass
class _Captions:
    room: str
    is_own: bool
    """True if a sample app started them, False if a moderator did by the public API."""
    users: list[str] = field(default_factory=list)

    def is_of(self, room: str | None) -> bool:
        return room is None or room.lower() == self.room.lower()


class SampleCaptions:
    """A service that captions rooms, as an admin."""

    def __init__(self, api: PublicApi) -> None:
        self._api = api
        self._captions: dict[str, _Captions] = {}
        # The lock is held during calls too, so that one user's start cannot meet the last user's
        # stop.
        self._lock = Lock()

    def start(self, room: str, user: str = _UNKNOWN) -> str:
        """Caption the room for an hour at most, or share the captions that run; return their id.

        Raises:
            Refusal: The API refuses.
        """
        with self._lock:
            captions_id, is_new = self._started(room)
            started = _Captions(room, is_own=is_new)
            users = self._captions.setdefault(captions_id, started).users
            if user == _UNKNOWN or user not in users:
                users.append(user)
            return captions_id

    def stop(self, captions_id: str, room: str | None = None) -> bool:
        """Stop the captions for one user; return True if they have ended for everybody.

        Args:
            captions_id: The id that `start` returned.
            room: The room's name, if the app gives one.

        Raises:
            Refusal: There are no such captions, or the API refuses.
        """
        if not _ID.fullmatch(captions_id):
            raise Refusal.of(
                HTTPStatus.BAD_REQUEST,
                "invalid_captions_id",
                "This is no id of captions; send the captionsId that you got.",
            )
        with self._lock:
            captions = self._captions.get(captions_id)
            if captions is None or not captions.is_of(room):
                raise not_found("captions_not_found", f"There are no captions {captions_id}.")
            if len(captions.users) > 1 or not captions.is_own:
                del captions.users[-1:]
                return False
            path = f"{room_path(captions.room)}/captions/{captions_id}/stop"
            self._api.call("POST", path)
            captions.users.clear()
            return True

    def _started(self, room: str) -> tuple[str, bool]:
        try:
            wanted = {"maxDuration": LONGEST_SECONDS}
            started = self._api.call("POST", f"{room_path(room)}/captions", wanted)
            return str(started["captionsId"]), True
        except Refusal as refusal:
            running = refusal.problem.get("captionsId")
            if running is None:
                raise
            return str(running), False
