"""The operator's commands about rooms, on the stage's table and secret."""

from typing import TYPE_CHECKING, TextIO

from chalicelib.adapters.dynamodb.admission.invitations import DynamoDBInvitations
from chalicelib.adapters.dynamodb.admission.waiting import DynamoDBWaiting
from chalicelib.adapters.dynamodb.media import DynamoDBMedia
from chalicelib.adapters.dynamodb.presence.live_rooms import DynamoDBRoomDirectory
from chalicelib.adapters.dynamodb.rooms import DynamoDBRooms
from chalicelib.adapters.dynamodb.seats import DynamoDBSeats
from chalicelib.adapters.dynamodb.sessions import DynamoDBSessions
from chalicelib.adapters.opentok.api_client import ApiClient, Transport
from chalicelib.adapters.opentok.connections import OpenTokConnections
from chalicelib.adapters.opentok.sdk_client import SdkClients
from chalicelib.adapters.opentok.sessions_and_tokens import OpenTokPlatform
from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.core.rooms.operation.free_seats import FreeSeats
from chalicelib.core.rooms.operation.room_figures import RoomFigures
from chalicelib.core.sessions.connection_rules import ConnectionRules
from chalicelib.core.sessions.track_sessions import SessionTracker
from chalicelib.core.support.formats import utc_now
from chalicelib.settings import Settings
from deploy.asking import Operator
from deploy.operation.audit_lines import audit_lines_of
from deploy.operation.freeing import Freeing
from deploy.operation.occupants import Occupants
from deploy.operation.rooms import Rooms
from deploy.stage import Stage

if TYPE_CHECKING:
    import boto3


class RoomCommands:
    """The commands about rooms.

    Args:
        stage: The stage.
        session: AWS, with the operator's rights.
        out: Takes what the commands print.
    """

    def __init__(self, stage: Stage, session: "boto3.Session", out: TextIO) -> None:
        settings = Settings.from_env(stage.environment)
        client, table = session.client("dynamodb"), settings.rooms_table
        self._stage = stage
        self._settings = settings
        self._session = session
        self._out = out
        self._rooms = DynamoDBRooms(client, table, settings.longest_token, settings.attendance)
        self._seats = DynamoDBSeats(client, table)
        self._sessions = DynamoDBSessions(client, table, settings.attendance)
        self._invitations = DynamoDBInvitations(client, table)
        self._waiting = DynamoDBWaiting(client, table)
        self._media = DynamoDBMedia(client, table)
        self._directory = DynamoDBRoomDirectory(client, table)

    def rooms(self, after: str) -> None:
        """Print a page of the stage's rooms, live ones first."""
        figures = RoomFigures(self._sessions, self._media)
        Rooms(self._stage.name, self._directory, figures, utc_now).report(after, self._out)

    def who(self, room: str, after: str) -> None:
        """Print who is in a room."""
        people = Occupants(self._stage.name, self._rooms, self._sessions, self._waiting, utc_now)
        people.report(room, after, self._out)

    def free(self, room: str, operator: Operator, *, end: bool) -> None:
        """Free a room's unused seats, or end its call."""
        source = SecretsManagerCredentials(
            self._session.client("secretsmanager"), self._settings.opentok_secret_id
        )
        lines = audit_lines_of(self._stage.name, self._settings, self._session, self._out)
        freeing = Freeing(self._stage.name, self._repair(source), operator, lines.kept, self._out)
        if end:
            freeing.end(room)
        else:
            freeing.free(room)

    def _repair(self, source: SecretsManagerCredentials) -> FreeSeats:
        clients, transport = SdkClients(source, self._settings.opentok_api_url), Transport()
        connections = OpenTokConnections(ApiClient(clients, transport))
        rules = ConnectionRules(self._sessions, self._invitations, self._waiting, utc_now)
        return FreeSeats(
            rooms=self._rooms,
            seats=self._seats,
            sessions=self._sessions,
            tracker=SessionTracker(self._rooms, self._sessions, connections, utc_now, rules=rules),
            connections=connections,
            platform=OpenTokPlatform(clients, transport),
            clock=utc_now,
        )
