"""The parts that all routes share."""

from http import HTTPStatus
from typing import Final

from local.sample_apps.archives import SampleArchives
from local.sample_apps.broadcasts import SampleBroadcasts
from local.sample_apps.captions import SampleCaptions
from local.sample_apps.public_api import Json, PublicApi
from local.sample_apps.refusal import Refusal
from local.sample_apps.rooms import SampleRooms

_SESSION_FIELDS: Final = ("apiKey", "applicationId", "sessionId", "token")


class Services:
    """The services that sample apps can use.

    Args:
        api: The public API.
        token_seconds: The lifetime of a client token.
        recording: True if apps may record, broadcast, and caption without a client token.
    """

    def __init__(self, api: PublicApi, token_seconds: int, *, recording: bool) -> None:
        self.rooms = SampleRooms(api, token_seconds)
        self.archives = SampleArchives(api, self.rooms)
        self.broadcasts = SampleBroadcasts(api, self.rooms)
        self.captions = SampleCaptions(api)
        self._recording = recording

    def check_recording(self) -> None:
        """Raise an error if apps may not record.

        Raises:
            Refusal: Apps may not record.
        """
        if not self._recording:
            raise self.forbidden(
                "Sample apps do not record here; start `make run` with SAMPLE_RECORDING=on."
            )

    @staticmethod
    def forbidden(detail: str) -> Refusal:
        return Refusal.of(HTTPStatus.FORBIDDEN, "role_not_allowed", detail)


def session_answer(joined: Json) -> Json:
    """Return the fields that an app needs to connect, and no others."""
    return {name: joined[name] for name in _SESSION_FIELDS}
