"""The service whose steps are interleaved: the real use cases on the real adapter, behind gates."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, cast

from botocore.exceptions import ClientError, ReadTimeoutError
from mypy_boto3_dynamodb import DynamoDBClient

from chalicelib.adapters.dynamodb.due_work import DynamoDBDueWork
from chalicelib.adapters.dynamodb.media import DynamoDBMedia
from chalicelib.adapters.dynamodb.rooms import DynamoDBRooms
from chalicelib.adapters.dynamodb.seats import DynamoDBSeats
from chalicelib.adapters.dynamodb.sessions import DynamoDBSessions
from chalicelib.core.media.stop_media import StopMedia
from chalicelib.core.rooms.admit_user import AdmitUser
from chalicelib.core.rooms.ban_users import BanUsers
from chalicelib.core.rooms.change_room import ChangeRoom
from chalicelib.core.rooms.close_room import CloseRoom
from chalicelib.core.rooms.create_room import CreateRoom, CreationPolicy
from chalicelib.core.rooms.enforce_closing_times import ClosingTimes
from chalicelib.core.rooms.join_room import JoinRoom
from chalicelib.core.rooms.read_rooms import ReadRooms
from chalicelib.core.sessions.reconcile_seats import SeatReconciler
from chalicelib.core.sessions.reconcile_sessions import SessionReconciler
from chalicelib.core.sessions.track_sessions import SessionTracker
from tests.support.interleaving.opentok import OpenTokModel
from tests.support.interleaving.scheduler import Fault, outside
from tests.support.stand_ins import TABLE

TOKEN_LIFETIME = timedelta(days=1)


class GatedClient:
    """DynamoDB's client, each of whose calls is a step."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        method = getattr(self._client, operation)

        def call(**asked: Any) -> Any:
            return outside(partial(method, **asked), partial(_failure, operation, asked))

        return call


def _failure(operation: str, asked: dict[str, Any], fault: Fault) -> Exception | None:
    if fault is Fault.LOST:
        return ReadTimeoutError(endpoint_url="https://dynamodb.test")
    if fault is Fault.THROTTLED:
        return _refusal(operation, "ThrottlingException")
    if fault is Fault.CONFLICT and operation == "update_item":
        return _refusal(operation, "TransactionConflictException")
    if fault is Fault.CONFLICT and operation == "transact_write_items":
        reasons = [{"Code": "None"} for _ in asked["TransactItems"]]
        reasons[-1] = {"Code": "TransactionConflict"}
        return _refusal(operation, "TransactionCanceledException", CancellationReasons=reasons)
    return None


def _refusal(operation: str, code: str, **members: object) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": ""}, **members}
    return ClientError(response, operation)


@dataclass(frozen=True, kw_only=True)
class Service:
    """The use cases that are interleaved, and the stores that tests look into."""

    rooms: DynamoDBRooms
    sessions: DynamoDBSessions
    create_room: CreateRoom
    join_room: JoinRoom
    change_room: ChangeRoom
    close_room: CloseRoom
    ban_users: BanUsers
    follow: SessionTracker
    enforce_closing_times: ClosingTimes
    reconcile: SessionReconciler


def build(
    engine_client: DynamoDBClient, opentok: OpenTokModel, clock: Callable[[], datetime]
) -> Service:
    client = cast("DynamoDBClient", GatedClient(engine_client))
    rooms, seats = DynamoDBRooms(client, TABLE), DynamoDBSeats(client, TABLE)
    sessions, due_work = DynamoDBSessions(client, TABLE), DynamoDBDueWork(client, TABLE)
    ids = count(1)
    policy = CreationPolicy(admins_only=False, default_room="lobby")
    create_room = CreateRoom(rooms, opentok, policy, clock, lambda: f"room-{next(ids)}")
    read_rooms = ReadRooms(rooms, clock)
    follow = SessionTracker(rooms, sessions, opentok, clock)
    reseat = SeatReconciler(rooms, sessions, follow, clock)
    stop_media = StopMedia(DynamoDBMedia(client, TABLE), {}).stop_all
    return Service(
        rooms=rooms,
        sessions=sessions,
        create_room=create_room,
        join_room=JoinRoom(
            create_room,
            AdmitUser(seats, sessions, clock),
            opentok,
            clock,
            default_room="lobby",
            longest_lifetime=TOKEN_LIFETIME,
        ),
        change_room=ChangeRoom(
            store=rooms,
            sessions=sessions,
            platform=opentok,
            rooms=read_rooms,
            reseat=reseat,
            clock=clock,
        ),
        close_room=CloseRoom(rooms, read_rooms, opentok, stop_media, clock),
        ban_users=BanUsers(rooms, sessions, read_rooms, opentok, clock),
        follow=follow,
        enforce_closing_times=ClosingTimes(rooms, due_work, opentok, stop_media, clock),
        reconcile=SessionReconciler(
            rooms=rooms,
            sessions=sessions,
            due_work=due_work,
            platform=opentok,
            follow=follow,
            reseat=reseat,
            media=(),
            clock=clock,
        ),
    )
