"""The service whose steps are interleaved: the real use cases, with its stores behind gates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, cast

from botocore.exceptions import ClientError, ReadTimeoutError
from mypy_boto3_dynamodb import DynamoDBClient

from chalicelib.adapters.dynamodb.admission.invitations import DynamoDBInvitations
from chalicelib.adapters.dynamodb.admission.waiting import DynamoDBWaiting
from chalicelib.adapters.dynamodb.due_work import DynamoDBDueWork
from chalicelib.adapters.dynamodb.media import DynamoDBMedia
from chalicelib.adapters.dynamodb.pool.session_pool import DynamoDBSessionPool
from chalicelib.adapters.dynamodb.presence.attendance_queries import DynamoDBAttendance
from chalicelib.adapters.dynamodb.presence.live_rooms import DynamoDBRoomDirectory
from chalicelib.adapters.dynamodb.quotas import DynamoDBQuotas
from chalicelib.adapters.dynamodb.rooms import DynamoDBRooms
from chalicelib.adapters.dynamodb.seats import DynamoDBSeats
from chalicelib.adapters.dynamodb.sessions import DynamoDBSessions
from chalicelib.adapters.dynamodb.usage.sums import DynamoDBUsage
from chalicelib.adapters.dynamodb.user_data.erasures import DynamoDBErasures
from chalicelib.adapters.dynamodb.user_data.user_records import DynamoDBUserRecords
from chalicelib.composition.policy import Policy
from chalicelib.composition.ports import MediaPorts, Ports, UserDataPorts
from chalicelib.composition.use_cases import wire
from chalicelib.core.model.media import MediaPage
from chalicelib.core.model.media_hosts import MediaHosts
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.video_platform import PoolBounds
from chalicelib.core.rooms.create_room import CreationPolicy
from chalicelib.core.rooms.invitations.invitation_rule import InvitationRule
from chalicelib.core.rooms.quotas import Quotas
from chalicelib.core.usage.prices import Prices
from chalicelib.core.use_cases import UseCases
from chalicelib.media_settings import read_features
from tests.fakes.memory.table import ATTENDANCE, unavailable
from tests.fakes.pseudonyms import FakePseudonyms
from tests.fakes.stores import Stores
from tests.support.interleaving.opentok import OpenTokModel
from tests.support.interleaving.scheduler import Fault, outside
from tests.support.servers.stand_ins import TABLE

TOKEN_LIFETIME = timedelta(days=1)


class GatedClient:
    """A client of DynamoDB, each of whose calls is a step."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        method = getattr(self._client, operation)

        def call(**asked: Any) -> Any:
            return outside(partial(method, **asked), partial(_failure, operation, asked))

        return call


class GatedStore:
    """A fake store, each of whose calls is a step. It has no conflicts."""

    def __init__(self, store: object) -> None:
        self._store = store

    def __getattr__(self, method: str) -> Callable[..., Any]:
        perform = getattr(self._store, method)

        def call(*asked: Any, **named: Any) -> Any:
            return outside(partial(perform, *asked, **named), _unavailability)

        return call


def _unavailability(fault: Fault) -> Exception | None:
    return unavailable() if fault in {Fault.LOST, Fault.THROTTLED} else None


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


class RunningMedia(DynamoDBMedia):
    """A media store with the one call that closing a room makes; other tests reconcile media."""

    def page(self, *_: object) -> MediaPage:
        return MediaPage((), None)


class NoMedia:
    """A platform without media: no archive, broadcast, captions or render."""

    def of_session(self, session_id: str, deadline: object) -> Sequence[Any]:
        del session_id, deadline
        return ()

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*_: object) -> None:
            raise AssertionError(f"no media run here, so {method} is not called")

        return call


@dataclass(frozen=True, kw_only=True)
class Service:
    """The use cases that are interleaved, and the stores that tests inspect."""

    rooms: RoomStore
    sessions: SessionStore
    use_cases: UseCases


NO_POOL = PoolBounds(0, 0)
_ROOM_IDS = count(1)


def build(
    engine_client: DynamoDBClient,
    opentok: OpenTokModel,
    clock: Callable[[], datetime],
    pool: PoolBounds = NO_POOL,
) -> Service:
    """Return a service on DynamoDB, each of whose calls is a step."""
    client = cast("DynamoDBClient", GatedClient(engine_client))
    stores = Stores(
        rooms=DynamoDBRooms(client, TABLE, TOKEN_LIFETIME, ATTENDANCE),
        seats=DynamoDBSeats(client, TABLE),
        quotas=DynamoDBQuotas(client, TABLE),
        sessions=DynamoDBSessions(client, TABLE, ATTENDANCE),
        pool=DynamoDBSessionPool(client, TABLE),
        invitations=DynamoDBInvitations(client, TABLE),
        waiting=DynamoDBWaiting(client, TABLE),
        due_work=DynamoDBDueWork(client, TABLE, TOKEN_LIFETIME, ATTENDANCE),
        media=RunningMedia(client, TABLE),
        schedules=cast("Any", NoMedia()),
        attendance=DynamoDBAttendance(client, TABLE),
        usage=DynamoDBUsage(client, TABLE),
        directory=DynamoDBRoomDirectory(client, TABLE),
        user_records=DynamoDBUserRecords(client, TABLE),
        erasures=DynamoDBErasures(client, TABLE),
    )
    return _service(stores, opentok, clock, pool)


def build_on_fakes(
    stores: Stores,
    opentok: OpenTokModel,
    clock: Callable[[], datetime],
    pool: PoolBounds = NO_POOL,
) -> Service:
    """Return a service on these fakes, each of whose calls is a step."""
    gated = {
        each.name: cast("Any", GatedStore(getattr(stores, each.name))) for each in fields(stores)
    }
    return _service(Stores(**gated), opentok, clock, pool)


def _service(
    stores: Stores, opentok: OpenTokModel, clock: Callable[[], datetime], pool: PoolBounds
) -> Service:
    nothing = cast("Any", NoMedia())
    ports = Ports(
        rooms=stores.rooms,
        seats=stores.seats,
        quotas=stores.quotas,
        sessions=stores.sessions,
        pool=stores.pool,
        invitations=stores.invitations,
        waiting=stores.waiting,
        video=opentok,
        client_library=nothing,
        connections=opentok,
        identity=nothing,
        callbacks=nothing,
        pseudonyms=FakePseudonyms,
        due_work=lambda: stores.due_work,
        workers=lambda: None,
        attendance=lambda: stores.attendance,
        usage=lambda: stores.usage,
        directory=lambda: stores.directory,
        refusals=lambda: None,
        user_data=lambda: UserDataPorts(records=stores.user_records, erasures=stores.erasures),
        media=lambda: MediaPorts(
            store=stores.media,
            schedules=nothing,
            storage=nothing,
            archives=nothing,
            broadcasts=nothing,
            captions=nothing,
            renders=nothing,
            telephony=nothing,
        ),
    )
    policy = Policy(
        CreationPolicy(admins_only=False, default_room="lobby"),
        TOKEN_LIFETIME,
        features=read_features({}, []),
        media_hosts=MediaHosts(),
        opentok_calls_per_second=1000,
        quotas=Quotas(),
        invitations=InvitationRule(),
        attendance=ATTENDANCE,
        prices=Prices(),
        pool=pool,
    )
    use_cases = wire(
        ports, policy, clock, lambda: f"room-{next(_ROOM_IDS)}", lambda: f"code-{next(_ROOM_IDS)}"
    )
    return Service(rooms=stores.rooms, sessions=stores.sessions, use_cases=use_cases)
