"""The rooms that sample apps use, and the users in them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import count
from threading import Lock
from typing import Final

from local.sample_apps.public_api import Json, PublicApi, room_path
from local.sample_apps.refusal import Refusal, not_found

FIRST_ROOM: Final = "session"
"""The room of apps that name no room."""
PUBLISHER: Final = "publisher"
SUBSCRIBER: Final = "subscriber"
LONGEST_SECONDS: Final = 3600
_SETTINGS: Final = {"archiveRetentionDays": 1}


@dataclass(frozen=True)
class Guest:
    """The user whose client token this is."""

    user: str
    session_id: str
    role: str
    expires_at: datetime


class SampleRooms:
    """A service that joins rooms for sample apps, each time as another user.

    An app sends no user id, so every token is for a new user.

    Args:
        api: The public API.
        token_seconds: The lifetime of a token.
    """

    def __init__(self, api: PublicApi, token_seconds: int) -> None:
        self._api = api
        self._token_seconds = token_seconds
        self._names: dict[str, str] = {}
        self._guests: dict[str, Guest] = {}
        self._numbers = count(1)
        self._lock = Lock()

    @property
    def names(self) -> Sequence[str]:
        """The names of all rooms that an app has been in, as the app gave them."""
        with self._lock:
            return list(self._names.values())

    def join(self, name: str, role: str = PUBLISHER) -> Json:
        """Return the API's answer to a join, which creates a missing room.

        Raises:
            Refusal: The API refuses.
        """
        try:
            self._api.call("PUT", room_path(name), _SETTINGS)
        except Refusal as refusal:
            # Somebody made the room with other settings. A sample app is a guest there.
            if refusal.code != "room_exists":
                raise
        user = f"sample-app-{next(self._numbers)}"
        wanted = {"role": role, "expiresIn": self._token_seconds}
        joined = self._api.call("POST", f"{room_path(name)}/tokens", wanted, user)
        expires_at = datetime.fromisoformat(joined["expiresAt"])
        with self._lock:
            self._guests[joined["token"]] = Guest(user, joined["sessionId"], role, expires_at)
            self._remember(name, joined["sessionId"])
        return joined

    def of_session(self, session_id: str) -> str:
        """Return the name of the room that has this session.

        Raises:
            Refusal: No app has joined such a room.
        """
        with self._lock, suppress(KeyError):
            return self._names[session_id]
        raise not_found("room_not_found", "No room has this session; ask for a session anew.")

    def guest(self, token: str, session_id: str) -> Guest:
        """Return the user to whom this server gave the token.

        Raises:
            Refusal: This server gave no such token for this session, or the token has expired.
        """
        guest = self._guests.get(token)
        if guest and guest.session_id == session_id and guest.expires_at > datetime.now(UTC):
            return guest
        raise Refusal.of(
            HTTPStatus.UNAUTHORIZED,
            "unauthenticated",
            "Send the client token that you got with this session.",
        )

    def _remember(self, name: str, session_id: str) -> None:
        """Keep one session for each room, however its name is spelt."""
        for other, spelt in list(self._names.items()):
            if spelt.lower() == name.lower():
                del self._names[other]
        self._names[session_id] = name
