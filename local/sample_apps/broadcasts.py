"""The one broadcast of a session that sample apps may have at a time, by HLS alone."""

from local.sample_apps.public_api import Json, PublicApi, room_path
from local.sample_apps.refusal import Refusal, not_found
from local.sample_apps.rooms import LONGEST_SECONDS, SampleRooms


class SampleBroadcasts:
    """A service that broadcasts sessions, as an admin; apps name a broadcast by its session."""

    def __init__(self, api: PublicApi, rooms: SampleRooms) -> None:
        self._api = api
        self._rooms = rooms

    def start(self, session_id: str, hls: dict[str, bool]) -> Json:
        """Start a broadcast, or return the one that runs.

        A host who reloads the page has lost the address of the broadcast.
        """
        path = self._path(session_id)
        wanted = {"outputs": {"hls": hls}, "maxDuration": LONGEST_SECONDS}
        try:
            return _answer(self._api.call("POST", path, wanted))
        except Refusal as refusal:
            if refusal.code != "already_broadcasting":
                raise
            return self.current(session_id)

    def stop(self, session_id: str) -> Json:
        return _answer(self._api.call("POST", f"{self._running(session_id)}/stop"))

    def current(self, session_id: str) -> Json:
        return _answer(self._api.call("GET", self._running(session_id)))

    def _running(self, session_id: str) -> str:
        """Return the path of the session's running broadcast."""
        path = self._path(session_id)
        for broadcast in self._api.call("GET", path)["items"]:
            if broadcast["status"] == "started":
                return f"{path}/{broadcast['id']}"
        raise not_found("broadcast_not_found", "This session is not being broadcast.")

    def _path(self, session_id: str) -> str:
        return f"{room_path(self._rooms.of_session(session_id))}/broadcasts"


def _answer(broadcast: Json) -> Json:
    hls = (broadcast.get("broadcastUrls") or {}).get("hls")
    shown = {name: broadcast.get(name) for name in ("id", "status", "sessionId", "createdAt")}
    return {**shown, "broadcastUrls": {"hls": hls} if hls else None}
