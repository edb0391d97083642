"""Requests about captions, calls, renders and audio connectors: OpenTok's own fields.

Session and token are not among them. A repr never shows credentials.
"""

import json
import re
from enum import IntEnum
from typing import Annotated, Any, Final

from msgspec import Meta, Struct, field

from chalicelib.api.http.fields import ONE_LINE
from chalicelib.api.http.url_checks import (
    LONGEST_ADDRESS,
    SHORTEST_ADDRESS,
    WEB,
    WEB_SOCKET,
    check_address,
    check_sip_address,
)
from chalicelib.api.media.archive_requests import Text, check_rules, without_nulls
from chalicelib.core.model.room_settings import Resolution
from chalicelib.core.support.formats import parse_json_object

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
    """The options of new captions."""

    language_code: str | None = None
    max_duration: Annotated[int, Meta(ge=300, le=14_400)] | None = None
    partial_captions: bool | None = None

    def options(self) -> dict[str, Any]:
        """Return the fields as OpenTok accepts them.

        Raises:
            InvalidField: The language is malformed.
        """
        language = self.language_code
        unknown = language is not None and not _LANGUAGE.fullmatch(language)
        check_rules([(unknown, "languageCode", "must be a BCP 47 code, as in en-US")])
        return without_nulls(self)


class SipLogin(Struct, forbid_unknown_fields=True):
    """The credentials of the SIP server."""

    username: Text
    password: Text

    def __repr__(self) -> str:
        return "SipLogin(...)"


class SipOptions(Struct, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """The SIP address to call, and the options of the call. `null` means the default."""

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
    """A SIP call to make."""

    sip: SipOptions

    def options(self) -> dict[str, Any]:
        """Return the fields as OpenTok accepts them.

        Raises:
            InvalidField: The address is malformed, or a header is not allowed.
        """
        sip, headers = self.sip, self.sip.headers or {}
        named = all(_SIP_HEADER.fullmatch(name) for name in headers)
        check_sip_address("sip.uri", sip.uri)
        check_rules(
            [
                (
                    len(headers) > MAX_SIP_HEADERS,
                    "sip.headers",
                    f"must be at most {MAX_SIP_HEADERS}",
                ),
                (not named, "sip.headers", "must have names that begin with X-"),
                (_breaks_lines(*headers.values()), "sip.headers", _NOT_ONE_LINE),
            ]
        )
        return without_nulls(self)


class DtmfBody(Struct, forbid_unknown_fields=True, rename="camel"):
    """Telephone tones to play to one connection or to all; `p` is a pause."""

    digits: Annotated[str, Meta(max_length=MAX_DIGITS)]
    connection_id: str | None = None

    def __repr__(self) -> str:
        return "DtmfBody(...)"

    def checked_digits(self) -> str:
        """Return the digits.

        Raises:
            InvalidField: OpenTok cannot play one of them.
        """
        wrong = not _DIGITS.fullmatch(self.digits)
        check_rules([(wrong, "digits", "must be one or more of 0-9, *, # and p")])
        return self.digits


class RenderProperties(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The properties of the stream that shows the page."""

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=ONE_LINE)] | None = None


class RenderBody(Struct, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """A web page to publish into the room."""

    url: Address
    max_duration: Annotated[int, Meta(ge=60, le=36_000)] | None = None
    resolution: Resolution | None = None
    properties: RenderProperties | None = None

    def options(self) -> dict[str, Any]:
        """Return the fields as OpenTok accepts them.

        Raises:
            InvalidField: The URL is malformed.
        """
        check_address("url", self.url, WEB)
        return without_nulls(self)


class AudioRate(IntEnum):
    """The samples per second."""

    NARROW = 8000
    WIDE = 16000


class SocketOptions(Struct, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """The WebSocket to send audio to, and the options of it. `null` means the default.

    `audioTransport` is a JSON text, as OpenTok accepts it.
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
    """A WebSocket to connect to the room's audio."""

    websocket: SocketOptions

    def options(self) -> dict[str, Any]:
        """Return the fields as OpenTok accepts them.

        Raises:
            InvalidField: The URL is malformed, or OpenTok forbids the headers or the transport.
        """
        socket, headers = self.websocket, self.websocket.headers or {}
        text = [*headers, *headers.values()]
        transport = socket.audio_transport
        check_address("websocket.uri", socket.uri, WEB_SOCKET)
        check_rules(
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
                    "must be a JSON object, as text, whose transport is binary or json",
                ),
            ]
        )
        return without_nulls(self)


_NOT_ONE_LINE: Final = "must not contain control characters"


def _breaks_lines(*texts: str) -> bool:
    """Return True if a text could end a header's line and begin another."""
    return not all(_LINE.match(text) for text in texts)


def _is_transport(text: str) -> bool:
    return parse_json_object(text.encode(errors="replace")).get("transport") in _TRANSPORTS
