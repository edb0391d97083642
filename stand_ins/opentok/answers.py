"""OpenTok's answers: JSON if the caller asks for JSON, else XML."""

import json
import uuid
from datetime import UTC, datetime, timedelta, timezone
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from stand_ins.opentok.rest_errors import PLAIN_CODE

# The format is Java's Date.toString() in California. A bare machine may lack the time zone
# database, so there is no summer time here: the zone is PST all year.
_PACIFIC = timezone(timedelta(hours=-8), "PST")
_XML_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_CREDENTIAL_SECONDS = 86100
_UNUSED_FIELDS = (
    "session_status",
    "status_invalid",
    "media_server_hostname",
    "messaging_server_url",
    "messaging_url",
    "symphony_address",
    "properties",
    "ice_server",
)


def error_answer(
    status: int, message: str, *, accept: str, code: int | None = PLAIN_CODE
) -> Response:
    """Return OpenTok's usual error triplet, or the text alone if there is no code."""
    if _wants_json(accept):
        if code is None:
            return _json({"message": message}, status)
        return _json({"code": code, "message": message, "description": message}, status)
    text = escape(message)
    xml = (
        f"{_XML_HEAD}<errorPayload><code>{code or PLAIN_CODE}</code><message>{text}</message>"
        f"<description>{text}</description></errorPayload>"
    )
    return Response(xml, status, content_type="application/xml")


def session_answer(session_id: str, key: str, *, now: float, accept: str) -> Response:
    """Return the answer for a created session: an array of one, as the real service sends it."""
    created = _java_date(now)
    if not _wants_json(accept):
        xml = (
            f"{_XML_HEAD}<sessions><Session><session_id>{session_id}</session_id>"
            f"<partner_id>{key}</partner_id><create_dt>{created}</create_dt></Session></sessions>"
        )
        return Response(xml, content_type="text/xml")
    session = {
        "session_id": session_id,
        "project_id": key,
        "partner_id": key,
        "create_dt": created,
        **dict.fromkeys(_UNUSED_FIELDS),
        "session_segment_id": str(uuid.uuid4()),
        "ice_servers": None,
        "ice_credential_expiration": _CREDENTIAL_SECONDS,
    }
    return _json([session])


def _json(content: object, status: int = 200) -> Response:
    # No charset may follow the type, because the SDKs would then read the body as XML.
    return Response(
        json.dumps(content, separators=(",", ":")), status, content_type="application/json"
    )


def _wants_json(accept: str) -> bool:
    return "application/json" in accept


def _java_date(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).astimezone(_PACIFIC).strftime("%a %b %d %H:%M:%S %Z %Y")
