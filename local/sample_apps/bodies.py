"""The bodies that sample apps send, as far as they are read: other fields are ignored."""

import re
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from flask import request
from msgspec import Struct

from local.sample_apps.refusal import Refusal, invalid

_Body = TypeVar("_Body", bound=Struct)


class SessionBody(Struct, rename="camel"):
    session_id: str


class ArchiveBody(SessionBody, rename="camel"):
    output_mode: str | None = None
    has_transcription: bool | None = None


class BroadcastBody(SessionBody, rename="camel"):
    low_latency: bool | None = None
    dvr: bool | None = None
    rtmp: list[Any] | None = None


class CaptionsBody(SessionBody):
    token: str


def read_body(wanted: type[_Body]) -> _Body:
    """Return the request's body, whatever its Content-Type; an empty one counts as `{}`.

    Raises:
        Refusal: It is no JSON, or a field is missing or of another type.
    """
    try:
        return msgspec.json.decode(request.get_data() or b"{}", type=wanted)
    except msgspec.ValidationError as error:
        field = re.search(r"`(?:\$\.)?(\w+)[^`]*`$", str(error))
        raise invalid(field[1] if field else "body", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal.of(
            HTTPStatus.BAD_REQUEST, "malformed_json", "The body is not valid JSON."
        ) from error
