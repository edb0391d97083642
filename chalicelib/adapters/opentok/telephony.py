"""Calls by SIP and audio by WebSocket, by OpenTok's REST API."""

from chalicelib.adapters.opentok.api_client import ApiClient, Call, unavailable
from chalicelib.adapters.opentok.media_client import FAILED, check_started, start_call
from chalicelib.core.ports.media_platforms import Options, StartRequest
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import PLATFORM_ID_PATTERN, parse_json_object
from chalicelib.errors import NotRouted


class OpenTokTelephony:
    """The telephony platform."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    def dial(self, request: StartRequest, deadline: Deadline) -> Options:
        return self._start("dial", request, deadline)

    def connect_audio(self, request: StartRequest, deadline: Deadline) -> Options:
        return self._start("connect", request, deadline)

    def play_digits(
        self, session_id: str, connection_id: str | None, digits: str, deadline: Deadline
    ) -> bool:
        one = "" if connection_id is None else f"/connection/{connection_id}"
        path = f"session/{session_id}{one}/play-dtmf"
        # The call is made once, since a second one would play the tones twice. They are not
        # logged, since they may be a PIN.
        call = Call("POST", path, {"digits": digits}, secret=True, attempts=1)
        return self._api.call(call, deadline).status < FAILED

    def _start(self, path: str, request: StartRequest, deadline: Deadline) -> Options:
        """Make the call and return its answer, if that names the connection."""
        call = start_call(path, request)
        answer = self._api.call(call, deadline)
        check_started(answer, NotRouted)
        content = parse_json_object(answer.body)
        ids = (content.get("id"), content.get("connectionId"))
        if not all(isinstance(each, str) and PLATFORM_ID_PATTERN.fullmatch(each) for each in ids):
            raise unavailable(f"{call.note(answer)}, without a connection")
        return content
