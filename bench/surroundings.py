"""The environment of an app that runs in the bench's process."""

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import jwt

from chalicelib.adapters.dynamodb.pool.session_pool import DynamoDBSessionPool
from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.support.deadline import Deadline
from stand_ins.identity.signing_keys import new_signing_keys
from stand_ins.opentok.sessions.session_ids import new_session_id

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ISSUER: Final = "https://issuer.roomkey.test/"
AUDIENCE: Final = "roomkey-bench"
API_KEY: Final = "47000003"
API_SECRET: Final = "feedfeedfeedfeedfeedfeedfeedfeedfeedfeed"  # noqa: S105 - made up
TOKEN_SECONDS: Final = 86400

_SECRETS_MANAGER: Final = "secretsmanager.test"
_KEYS: Final = "keys.test"
_SECONDS_TO_ADD: Final = 10
_CREATED: Final = datetime(2026, 11, 22, tzinfo=UTC)

AWS_VARIABLES: Final = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER": f"http://{_SECRETS_MANAGER}",
}


QUOTAS: Final = {
    "MAX_ROOMS": "1000",
    "MAX_ROOMS_PER_HOUR": "500",
    "MAX_INVITATIONS_PER_HOUR": "100000",
    "MAX_TOKENS_PER_MINUTE": "100000",
}
"""Quotas that a user of the bench, who never pauses, does not reach.

As in a usual stage, a user who has few rooms cannot reach `MAX_ROOMS` in an hour.
"""


class Surroundings:
    """An identity provider and a secret, both answered by a canned network."""

    def __init__(self) -> None:
        self.key = new_signing_keys()["RS256"]

    def answers(self) -> dict[str, bytes]:
        """Return the canned network's answer for each host."""
        secret = json.dumps({"apiKey": API_KEY, "apiSecret": API_SECRET})
        return {
            _SECRETS_MANAGER: json.dumps({"Name": "roomkey", "SecretString": secret}).encode(),
            _KEYS: json.dumps({"keys": [self.key.public_jwk()]}).encode(),
        }

    def settings(self, table: str) -> dict[str, str]:
        """Return the app's settings."""
        return {
            "ROOMS_TABLE": table,
            "OPENTOK_SECRET_ID": "roomkey/bench/opentok",
            "AUTH_ISSUER": ISSUER,
            "AUTH_AUDIENCE": AUDIENCE,
            "AUTH_JWKS_URL": f"http://{_KEYS}/jwks.json",
            **QUOTAS,
        }

    def bearer(self, user: str = "alice") -> str:
        """Sign an access token for a user."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": user, "name": user.title(), "iat": now}
        return jwt.encode(
            claims | {"exp": now + TOKEN_SECONDS},
            self.key.private_key,
            self.key.algorithm,
            headers={"kid": self.key.kid},
        )


def fill_pool(client: "DynamoDBClient", table: str, project: str, size: int) -> None:
    """Put sessions into a table's pool, as the scheduled function does."""
    pool, now = DynamoDBSessionPool(client, table), datetime.now(UTC)
    for _ in range(size):
        session_id = new_session_id(project, location="", relayed=False, now=now.timestamp())
        pool.add_session(session_id, project, now, Deadline(_SECONDS_TO_ADD))


def room_of_alice(name: str) -> Room:
    """Build a room that Alice created by a first join."""
    return Room(
        name=name,
        room_id=f"0b8f4d9c51f34b6b9c1f7f6e2f4d8a10-{name}",
        session_id=new_session_id(API_KEY, location="", relayed=False, now=_CREATED.timestamp()),
        created_at=_CREATED,
        created_by="alice",
        settings=RoomSettings(moderators=frozenset({"alice"})),
    )
