"""Archives of the rooms that sample apps are in; apps name an archive by its id."""

from collections.abc import Callable
from typing import Final, TypeVar

from local.sample_apps.public_api import Json, PublicApi, room_path
from local.sample_apps.refusal import Refusal, not_found
from local.sample_apps.rooms import SampleRooms

_Found = TypeVar("_Found")

_MOST_LISTED: Final = 50
_AVAILABLE: Final = "available"
_DEFAULTS: Final[dict[str, str | int | bool]] = {
    "id": "",
    "status": "",
    "name": "",
    "reason": "",
    "sessionId": "",
    "createdAt": 0,
    "size": 0,
    "duration": 0,
    "outputMode": "composed",
    "streamMode": "auto",
    "hasAudio": True,
    "hasVideo": True,
    "hasTranscription": False,
    "sha256sum": "",
    "password": "",
    "multiArchiveTag": "",
    "event": "archive",
    "resolution": "",
}
"""The fields that an app needs: if one archive lacks a field, the app drops the whole list."""


class SampleArchives:
    """A service that starts, stops and finds archives, as an admin."""

    def __init__(self, api: PublicApi, rooms: SampleRooms) -> None:
        self._api = api
        self._rooms = rooms

    def start(self, room: str, options: Json) -> Json:
        """Start an archive that has the room's name."""
        return self._api.call("POST", _path(room), {"name": room, **options})

    def stop(self, room: str, archive_id: str) -> Json:
        return self._api.call("POST", f"{_path(room, archive_id)}/stop")

    def stop_anywhere(self, archive_id: str) -> Json:
        return self._anywhere(archive_id, lambda room: self.stop(room, archive_id))

    def find(self, archive_id: str) -> Json:
        return self._anywhere(
            archive_id, lambda room: self._api.call("GET", _path(room, archive_id))
        )

    def file_address(self, archive_id: str) -> str:
        """Return the file's address, which is valid for some minutes."""
        return self._anywhere(
            archive_id, lambda room: self._api.location(f"{_path(room, archive_id)}/media")
        )

    def of_room(self, room: str) -> list[Json]:
        """Return the newest archives of the room; an empty list before the first app has joined."""
        try:
            page = self._api.call("GET", f"{_path(room)}?limit={_MOST_LISTED}")
        except Refusal as refusal:
            if refusal.code != "room_not_found":
                raise
            return []
        return list(page["items"])

    def of_all_rooms(self) -> list[Json]:
        found = [archive for room in self._rooms.names for archive in self.of_room(room)]
        return sorted(found, key=lambda each: int(each["createdAt"]), reverse=True)

    def _anywhere(self, archive_id: str, do: Callable[[str], _Found]) -> _Found:
        for room in self._rooms.names:
            try:
                return do(room)
            except Refusal as refusal:
                if refusal.code not in ("archive_not_found", "room_not_found"):
                    raise
        raise not_found("archive_not_found", f"No sample app's room has an archive {archive_id}.")


def archive_answer(archive: Json, server_url: str) -> Json:
    """Return the archive with every field of the type that an app reads.

    Args:
        archive: The archive as the public API shows it.
        server_url: The address that the app called; OpenTok's addresses of files lapse, so `url`
            leads to the view of this server.
    """
    answer: Json = {
        name: archive[name] if type(archive.get(name)) is type(default) else default
        for name, default in _DEFAULTS.items()
    }
    answer["updatedAt"] = archive.get("updatedAt", answer["createdAt"])
    answer["applicationId"] = str(archive.get("applicationId") or archive.get("projectId") or "")
    if answer["status"] == "uploaded":
        # The Android reference app plays available archives, and waits for all others.
        answer["status"] = _AVAILABLE
    is_there = answer["status"] == _AVAILABLE
    answer["url"] = f"{server_url}/archive/{answer['id']}/view" if is_there else None
    transcription = archive.get("transcription")
    if transcription:
        # Vonage's sample waits for `available`; OpenTok says `completed`.
        status = transcription.get("status")
        done = {"status": _AVAILABLE} if status == "completed" else {}
        answer["transcription"] = {**transcription, **done}
    return answer


def _path(room: str, archive_id: str | None = None) -> str:
    return f"{room_path(room)}/archives" + ("" if archive_id is None else f"/{archive_id}")
