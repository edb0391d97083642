"""What callers may ask of OpenTok's services: its own fields, without session and token.

Their reprs show nothing of what logs in anywhere.
"""

import json
import re
from enum import IntEnum
from typing import Annotated, Any, Final

from msgspec import Meta, Struct, field

from chalicelib.api.http.url_checks import (
    LONGEST_ADDRESS,
    SHORTEST_ADDRESS,
    WEB,
    WEB_SOCKET,
    check_address,
    check_sip_address,
)
from chalicelib.api.media.archive_requests import Text, check, given
from chalicelib.api.rooms.requests import ONE_LINE
from chalicelib.core.model.room_settings import Resolution
from chalicelib.core.support.parsing import parse_json_object

MAX_STREAMS: Final = 100
MAX_SIP_HEADERS: Final = 50
MAX_SOCKET_HEADER_BYTES: Final = 512
MAX_DIGITS: Final = 255

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_DIGITS: Final = re.compile(r"[0-9*#p]+")
_SIP_HEADER: Final = re.compile(r"X-[A-Za-z0-9-]+")
_LINE: Final = re.compile(ONE_LINE)
_TRANSPORTS: Final = ("binary", "json")

StreamIds = Annotated[list[Text], Meta(max_length=MAX_STREAMS)]
Address = Annotated[str, Meta(min_length=SHORTEST_ADDRESS, max_length=LONGEST_ADDRESS)]


class CaptionsBody(Struct, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """Captions to be started."""

    language_code: str | None = None
    max_duration: Annotated[int, Meta(ge=300, le=14_400)] | None = None
    partial_captions: bool | None = None

    def options(self) -> dict[str, Any]:
        """Raises: InvalidField: The language is none."""
        language = self.language_code
        unknown = language is not None and not _LANGUAGE.fullmatch(language)
        check([(unknown, "languageCode", "must be a BCP 47 code, as in en-US")])
        return given(self)


class SipLogin(Struct, forbid_unknown_fields=True):
    """How to log in to the SIP server."""

    username: Text
    password: Text

    def __repr__(self) -> str:
        return "SipLogin(...)"


class SipOptions(Struct, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """Whom to call, and how; null counts as not given."""

    uri: Annotated[str, Meta(max_length=LONGEST_ADDRESS)]
    from_: Text | None = field(default=None, name="from")
    headers: dict[str, str] | None = None
    auth: SipLogin | None = None
    secure: bool | None = None
    video: bool | None = None
    observe_force_mute: bool | None = None
    streams: StreamIds | None = None

    def __repr__(self) -> str:
        return "SipOptions(...)"


class SipBody(Struct, forbid_unknown_fields=True):
    """A call to be made."""

    sip: SipOptions

    def options(self) -> dict[str, Any]:
        """Raises: InvalidField: The address is none, or a header is not to be sent."""
        sip, headers = self.sip, self.sip.headers or {}
        named = all(_SIP_HEADER.fullmatch(name) for name in headers)
        check_sip_address("sip.uri", sip.uri)
        check(
            [
                (len(headers) > MAX_SIP_HEADERS, "sip.headers", "are too many"),
                (not named, "sip.headers", "must have names that begin with X-"),
                (_breaks_lines(*headers.values()), "sip.headers", _NOT_ONE_LINE),
            ]
        )
        return given(self)


class DtmfBody(Struct, forbid_unknown_fields=True, rename="camel"):
    """Telephone tones to be played, to one connection or to all; `p` is a pause."""

    digits: Annotated[str, Meta(max_length=MAX_DIGITS)]
    connection_id: str | None = None

    def __repr__(self) -> str:
        return "DtmfBody(...)"

    def checked_digits(self) -> str:
        """Raises: InvalidField: There are others than OpenTok plays."""
        wrong = not _DIGITS.fullmatch(self.digits)
        check([(wrong, "digits", "must be of 0-9, *, # and p, and not empty")])
        return self.digits


class RenderProperties(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The stream that the page is published as."""

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=ONE_LINE)] | None = None


class RenderBody(Struct, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """A page to be published into the room."""

    url: Address
    max_duration: Annotated[int, Meta(ge=60, le=36_000)] | None = None
    resolution: Resolution | None = None
    properties: RenderProperties | None = None

    def options(self) -> dict[str, Any]:
        """Raises: InvalidField: The address is none."""
        check_address("url", self.url, WEB)
        return given(self)


class AudioRate(IntEnum):
    NARROW = 8000
    WIDE = 16000


class SocketOptions(Struct, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """Where to send audio, and which; null counts as not given.

    `audioTransport` is the JSON text that OpenTok takes.
    """

    uri: Address
    streams: StreamIds | None = None
    headers: dict[str, str] | None = None
    audio_rate: AudioRate | None = None
    bidirectional: bool | None = None
    audio_transport: Annotated[str, Meta(max_length=LONGEST_ADDRESS, pattern=ONE_LINE)] | None = (
        None
    )

    def __repr__(self) -> str:
        return "SocketOptions(...)"


class AudioConnectorBody(Struct, forbid_unknown_fields=True):
    """Audio to be connected."""

    websocket: SocketOptions

    def options(self) -> dict[str, Any]:
        """Raises: InvalidField: The address is none, or headers or transport are not to be sent."""
        socket, headers = self.websocket, self.websocket.headers or {}
        text = [*headers, *headers.values()]
        transport = socket.audio_transport
        check_address("websocket.uri", socket.uri, WEB_SOCKET)
        check(
            [
                (
                    len(json.dumps(headers, ensure_ascii=False).encode()) > MAX_SOCKET_HEADER_BYTES,
                    "websocket.headers",
                    f"must be at most {MAX_SOCKET_HEADER_BYTES} bytes of JSON",
                ),
                (_breaks_lines(*text), "websocket.headers", _NOT_ONE_LINE),
                (
                    transport is not None and not _is_transport(transport),
                    "websocket.audioTransport",
                    "must be the text of a JSON object with a transport of binary or json",
                ),
            ]
        )
        return given(self)


_NOT_ONE_LINE: Final = "must be without control characters"


def _breaks_lines(*texts: str) -> bool:
    """Whether one could end a header's line and begin another."""
    return not all(_LINE.match(text) for text in texts)


def _is_transport(text: str) -> bool:
    return parse_json_object(text.encode(errors="replace")).get("transport") in _TRANSPORTS
