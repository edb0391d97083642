"""The made-up credentials that the stand-in of these tests accepts, and a raw HTTP client."""

import socket
import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt
import opentok
from opentok.endpoints import Endpoints

from stand_ins.opentok import OpenTokStandIn

API_KEY = "45000001"
API_SECRET = "0123456789abcdef0123456789abcdef01234567"
OTHER_API_KEY = "45000002"
OTHER_API_SECRET = "76543210fedcba9876543210fedcba9876543210"
APPLICATION_ID = "11111111-2222-4333-8444-555555555555"


@dataclass(frozen=True)
class RunningOpenTok:
    """A stand-in behind its port."""

    stand_in: OpenTokStandIn
    url: str

    def client(self, key: str = API_KEY, secret: str = API_SECRET) -> Any:
        """Return the official SDK's client for this stand-in."""
        return opentok.Client(key, secret, api_url=self.url, timeout=5)

    def vonage_client(self, private_key_path: str, key: str = APPLICATION_ID) -> Any:
        """Return the SDK's client with Vonage credentials, which make it ignore `api_url`."""
        client = opentok.Client(key, private_key_path, timeout=5)
        client.endpoints = Endpoints(self.url, key)
        return client


def project_jwt(secret: str = API_SECRET, /, **claims: object) -> str:
    """Return the token of OpenTok's auth header; None removes a claim."""
    now = int(time.time())
    usual = {"iss": API_KEY, "ist": "project", "iat": now, "exp": now + 180, "jti": "1"} | claims
    return jwt.encode(_without_none(usual), secret)


def application_jwt(private_key: str, /, **claims: object) -> str:
    """Return the bearer token of a call to Vonage; None removes a claim."""
    now = int(time.time())
    usual = {
        "application_id": APPLICATION_ID,
        "iat": now,
        "exp": now + 180,
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode(_without_none(usual | claims), private_key, algorithm="RS256")


def client_jwt(session_id: str, secret: str = API_SECRET, /, **claims: object) -> str:
    """Return a client token as the SDK makes it, with changes; None removes a claim."""
    now = int(time.time())
    usual = {
        "session_id": session_id,
        "role": "publisher",
        "iat": now,
        "exp": now + 3600,
        "scope": "session.connect",
        "iss": API_KEY,
        "ist": "project",
        "nonce": 7,
    } | claims
    return jwt.encode(_without_none(usual), secret)


def _without_none(claims: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if value is not None}


def raw_exchange(url: str, *sent: bytes) -> bytes:
    """Send these bytes, and return all that comes back up to the end of the connection."""
    parts = urlsplit(url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=5) as peer:
        for piece in sent:
            peer.sendall(piece)
        received = bytearray()
        while piece := peer.recv(65536):
            received += piece
    return bytes(received)
