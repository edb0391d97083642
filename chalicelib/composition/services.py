"""Ties rules and adapters together, once per process."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar
from uuid import uuid4

from chalicelib import VERSION
from chalicelib.core.support.timestamps import utc_now
from chalicelib.core.use_cases import ScheduledUseCases, UseCases
from chalicelib.errors import NotConfigured
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from chalicelib.composition.media import MediaServices

_Built = TypeVar("_Built")


class Once(Generic[_Built]):
    """Builds when it is first asked, for all who ask; what raises is tried again by the next."""

    def __init__(self, build: Callable[[], _Built]) -> None:
        self._build = build
        self._lock = Lock()
        self._built: _Built | None = None

    def __call__(self) -> _Built:
        if self._built is None:
            with self._lock:
                if self._built is None:
                    self._built = self._build()
        return self._built


class Services:
    """Builds the use cases when they are first asked for.

    Until then no SDK is loaded; a setting that is missing is an error of the request that needs
    it, and the next request looks again.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._use_cases = Once(lambda: _build(Settings.from_env(environment)))

    def __call__(self) -> UseCases:
        """The use cases, the same for every caller.

        Raises:
            NotConfigured: A setting is missing or wrong.
        """
        return self._use_cases()

    def preload(self) -> None:
        """Build now, if the settings allow it; if they do not, requests will say so."""
        with suppress(NotConfigured):
            self()


def _build(settings: Settings) -> UseCases:
    # Loaded here and not above: the SDKs take most of a cold start, and packaging needs none.
    from chalicelib.adapters.callback_signatures import JwtCallbackVerifier
    from chalicelib.adapters.dynamodb.rooms import DynamoDBRooms
    from chalicelib.adapters.dynamodb.seats import DynamoDBSeats
    from chalicelib.adapters.dynamodb.sessions import DynamoDBSessions
    from chalicelib.adapters.oidc import TokenVerifier
    from chalicelib.adapters.opentok.api_client import ApiClient
    from chalicelib.adapters.opentok.connections import OpenTokConnections
    from chalicelib.adapters.opentok.sdk_client import Projects
    from chalicelib.adapters.opentok.sessions_and_tokens import OpenTokPlatform
    from chalicelib.adapters.opentok.transport import Transport
    from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
    from chalicelib.core.rooms.admit_user import AdmitUser
    from chalicelib.core.rooms.ban_users import BanUsers
    from chalicelib.core.rooms.change_room import ChangeRoom
    from chalicelib.core.rooms.close_room import CloseRoom
    from chalicelib.core.rooms.create_room import CreateRoom
    from chalicelib.core.rooms.join_room import JoinRoom
    from chalicelib.core.rooms.read_rooms import ReadRooms
    from chalicelib.core.sessions.moderate import Moderate
    from chalicelib.core.sessions.read_presence import ReadPresence
    from chalicelib.core.sessions.reconcile_seats import SeatReconciler
    from chalicelib.core.sessions.track_sessions import SessionTracker

    # At DEBUG, which may be set for all of a Lambda, they log what nobody may read: what Secrets
    # Manager answers, and auth headers.
    for talkative in ("botocore", "opentok"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    dynamodb, secrets_manager = aws_clients()
    credentials = SecretsManagerCredentials(secrets_manager, settings.opentok_secret_id)
    projects, http = Projects(credentials, settings.opentok_api_url), Transport()
    rest = ApiClient(projects, http)
    platform, live = OpenTokPlatform(projects, http), OpenTokConnections(rest)
    store = DynamoDBRooms(dynamodb, settings.rooms_table)
    seats = DynamoDBSeats(dynamodb, settings.rooms_table)
    sessions = DynamoDBSessions(dynamodb, settings.rooms_table)
    create_room = CreateRoom(store, platform, settings.creation, utc_now, lambda: uuid4().hex)
    read_rooms = ReadRooms(store, utc_now)
    follow = SessionTracker(store, sessions, live, utc_now)
    reseat = SeatReconciler(store, sessions, follow, utc_now)
    join_room = JoinRoom(
        create_room,
        AdmitUser(seats, sessions, utc_now),
        platform,
        utc_now,
        default_room=settings.creation.default_room,
        longest_lifetime=settings.longest_token,
    )
    signatures = JwtCallbackVerifier(credentials, settings.callback_path_secret, utc_now)

    @Once
    def media() -> "MediaServices":
        from chalicelib.adapters.dynamodb.media import DynamoDBMedia
        from chalicelib.adapters.dynamodb.retention import DynamoDBRetention
        from chalicelib.adapters.s3_archives import S3ArchiveStorage
        from chalicelib.composition.media import build_media
        from chalicelib.core.sessions.service_connections import ServiceConnections

        return build_media(
            rooms=store,
            store=DynamoDBMedia(dynamodb, settings.rooms_table),
            session_store=sessions,
            schedules=DynamoDBRetention(dynamodb, settings.rooms_table),
            files=S3ArchiveStorage(settings.archive_bucket, s3_client),
            rest=rest,
            read_rooms=read_rooms,
            sessions=follow,
            services=ServiceConnections(platform, follow, utc_now),
            callbacks=signatures,
            clock=utc_now,
        )

    @Once
    def scheduled() -> ScheduledUseCases:
        from chalicelib.adapters.dynamodb.due_work import DynamoDBDueWork
        from chalicelib.core.rooms.enforce_closing_times import ClosingTimes
        from chalicelib.core.sessions.reconcile_sessions import SessionReconciler

        due_work = DynamoDBDueWork(dynamodb, settings.rooms_table)
        return ScheduledUseCases(
            enforce_closing_times=ClosingTimes(
                store, due_work, live, media().stop.stop_all, utc_now
            ),
            reconcile_sessions=SessionReconciler(
                rooms=store,
                sessions=sessions,
                due_work=due_work,
                platform=live,
                follow=follow,
                reseat=reseat,
                media=media().reconcile,
                clock=utc_now,
            ),
            delete_expired_archives=media().delete_expired_archives,
        )

    return UseCases(
        identity=TokenVerifier(settings.auth_issuer, settings.auth_audiences, settings.jwks_url),
        platform=platform,
        create_room=create_room,
        join_room=join_room,
        read_rooms=read_rooms,
        read_presence=ReadPresence(read_rooms, sessions, utc_now),
        change_room=ChangeRoom(
            store=store,
            sessions=sessions,
            platform=platform,
            rooms=read_rooms,
            reseat=reseat,
            clock=utc_now,
        ),
        close_room=CloseRoom(
            store,
            read_rooms,
            live,
            lambda room_id, deadline: media().stop.stop_all(room_id, deadline),
            utc_now,
        ),
        moderate=Moderate(read_rooms, live),
        ban_users=BanUsers(store, sessions, read_rooms, live, utc_now),
        signatures=signatures,
        session_tracker=follow,
        media=lambda: media().use_cases,
        scheduled=scheduled,
    )


def aws_clients() -> "tuple[DynamoDBClient, SecretsManagerClient]":
    """Clients whose calls end by themselves, of one session.

    Raises:
        NotConfigured: No region is set.
    """
    import boto3
    from botocore.exceptions import NoRegionError

    config = _client_config()
    try:
        return boto3.client("dynamodb", config=config), boto3.client(
            "secretsmanager", config=config
        )
    except NoRegionError as error:
        raise NotConfigured("AWS_REGION is not set") from error


def s3_client() -> "S3Client":
    """A client for recordings. Left alone, botocore signs addresses as the newer regions refuse."""
    import boto3
    from botocore.config import Config

    regional = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    return boto3.client("s3", config=_client_config().merge(regional))


def _client_config() -> "Config":
    from botocore.config import Config

    return Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=50,
        # Together a fifth of a call: describing Python and botocore to AWS anew every time, and
        # checking parameters that our own adapters put together.
        user_agent=f"Roomkey/{VERSION}",
        parameter_validation=False,
    )
