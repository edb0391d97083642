"""Callbacks with OpenTok's signature and content, sent to the path of their kind."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import jwt

from tests.support.gateway import Gateway, Reply
from tests.support.servers.stand_ins import API_KEY, CALLBACK_SECRET


def signature(body: bytes, secret: str = CALLBACK_SECRET, **claims: object) -> str:
    """Return the bearer token of this body; a claim of None is left out."""
    made = {
        "iat": datetime.now(UTC).timestamp(),
        "jti": "1",
        "iss": "Vonage",
        "payload_hash": hashlib.sha256(body).hexdigest(),
        **claims,
    }
    return jwt.encode({name: value for name, value in made.items() if value is not None}, secret)


def event(session_id: str, name: str = "connectionCreated", **content: object) -> dict[str, object]:
    """Return a session monitoring event of a session."""
    return {"sessionId": session_id, "projectId": API_KEY, "event": name, **content}


def send_callback(gateway: Gateway, kind: str, content: object, **changed: Any) -> Reply:
    """Send a callback of this kind; `changed` replaces its secret or claims."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return gateway.request(
        "POST", f"/callbacks/{kind}", body=body, bearer=signature(body, **changed)
    )
