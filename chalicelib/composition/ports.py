"""The real adapter for each port. Only this package imports adapters."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from chalicelib.composition.aws import (
    aws_clients,
    keep_libraries_quiet,
    lambda_client,
    metrics_client,
    s3_client,
)
from chalicelib.core.support.formats import utc_now
from chalicelib.core.support.switch_times import USUAL_TIMES, SwitchTimes
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chalicelib.core.ports.archives import ArchivePlatform, ArchiveStorage, RetentionStore
    from chalicelib.core.ports.attendance import AttendanceStore
    from chalicelib.core.ports.check_workers import CheckWorkers
    from chalicelib.core.ports.credentials import (
        CallbackVerifier,
        IdentityProvider,
        PrivacyKeys,
        Pseudonyms,
    )
    from chalicelib.core.ports.invitation_store import InvitationStore
    from chalicelib.core.ports.media_platforms import (
        BroadcastPlatform,
        MediaPlatform,
        ReadableMediaPlatform,
        TelephonyPlatform,
    )
    from chalicelib.core.ports.media_store import MediaStore
    from chalicelib.core.ports.operation.refusal_counts import RefusalCounts
    from chalicelib.core.ports.quota_store import QuotaStore
    from chalicelib.core.ports.room_store import RoomDirectory, RoomStore, SeatStore
    from chalicelib.core.ports.session_store import DueWorkStore, SessionStore
    from chalicelib.core.ports.usage_store import UsageStore
    from chalicelib.core.ports.user_data.user_record_store import ErasureStore, UserRecordStore
    from chalicelib.core.ports.video_platform import (
        ClientLibrary,
        ConnectionControl,
        SessionPool,
        VideoPlatform,
    )
    from chalicelib.core.ports.waiting_store import WaitingStore
    from chalicelib.core.support.deadline import Deadline

_NO_ROOM: Final = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPorts:
    """The ports that only media use cases need."""

    store: "MediaStore"
    schedules: "RetentionStore"
    storage: "ArchiveStorage"
    archives: "ArchivePlatform"
    broadcasts: "BroadcastPlatform"
    captions: "MediaPlatform"
    renders: "ReadableMediaPlatform"
    telephony: "TelephonyPlatform"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDataPorts:
    """The ports that only use cases of users' data need."""

    records: "UserRecordStore"
    erasures: "ErasureStore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """An adapter for each port. A join does not need the last ones, which load on first use.

    A join needs `pseudonyms` where the operator has chosen strict privacy.

    `workers` and `refusals` return None outside AWS Lambda. `prefetch` has the calls that a first
    join would wait for.
    """

    rooms: "RoomStore"
    seats: "SeatStore"
    quotas: "QuotaStore"
    sessions: "SessionStore"
    pool: "SessionPool"
    invitations: "InvitationStore"
    waiting: "WaitingStore"
    video: "VideoPlatform"
    client_library: "ClientLibrary"
    connections: "ConnectionControl"
    identity: "IdentityProvider"
    callbacks: "CallbackVerifier"
    due_work: "Callable[[], DueWorkStore]"
    pseudonyms: "Callable[[], Pseudonyms]"
    workers: "Callable[[], CheckWorkers | None]"
    attendance: "Callable[[], AttendanceStore]"
    usage: "Callable[[], UsageStore]"
    directory: "Callable[[], RoomDirectory]"
    refusals: "Callable[[], RefusalCounts | None]"
    user_data: "Callable[[], UserDataPorts]"
    media: "Callable[[], MediaPorts]"
    prefetch: "Sequence[Callable[[Deadline], object]]" = ()


def connect(settings: Settings, times: SwitchTimes = USUAL_TIMES) -> Ports:
    """Return ports that reach AWS, OpenTok and the identity provider.

    This makes no call yet. The SDKs load here and not when this module is imported, because they
    take most of a cold start, and packaging needs none of them.

    Args:
        settings: The operator's settings.
        times: The times of a switch of credentials.

    Raises:
        NotConfigured: No AWS region is set.
    """
    from chalicelib.adapters.callback_signatures import JwtCallbackVerifier
    from chalicelib.adapters.dynamodb.admission.invitations import DynamoDBInvitations
    from chalicelib.adapters.dynamodb.admission.waiting import DynamoDBWaiting
    from chalicelib.adapters.dynamodb.pool.session_pool import DynamoDBSessionPool
    from chalicelib.adapters.dynamodb.quotas import DynamoDBQuotas
    from chalicelib.adapters.dynamodb.rooms import DynamoDBRooms
    from chalicelib.adapters.dynamodb.seats import DynamoDBSeats
    from chalicelib.adapters.dynamodb.sessions import DynamoDBSessions
    from chalicelib.adapters.oidc import TokenVerifier
    from chalicelib.adapters.opentok.api_client import ApiClient, Transport
    from chalicelib.adapters.opentok.client_library import OpenTokClientLibrary
    from chalicelib.adapters.opentok.connections import OpenTokConnections
    from chalicelib.adapters.opentok.sdk_client import SdkClients
    from chalicelib.adapters.opentok.sessions_and_tokens import OpenTokPlatform
    from chalicelib.adapters.secrets_manager import SecretsManagerCredentials

    keep_libraries_quiet()
    dynamodb, secrets_manager = aws_clients()
    table = settings.rooms_table
    credentials = SecretsManagerCredentials(
        secrets_manager, settings.opentok_secret_id, times=times
    )
    sdk_clients, transport = SdkClients(credentials, settings.opentok_api_url), Transport()
    client = ApiClient(sdk_clients, transport)
    identity = TokenVerifier(settings.issuers)
    rooms = DynamoDBRooms(dynamodb, table, settings.longest_token, settings.attendance)

    def due_work() -> "DueWorkStore":
        from chalicelib.adapters.dynamodb.due_work import DynamoDBDueWork

        return DynamoDBDueWork(dynamodb, table, settings.longest_token, settings.attendance)

    def attendance() -> "AttendanceStore":
        from chalicelib.adapters.dynamodb.presence.attendance_queries import DynamoDBAttendance

        return DynamoDBAttendance(dynamodb, table)

    def usage() -> "UsageStore":
        from chalicelib.adapters.dynamodb.usage.sums import DynamoDBUsage

        return DynamoDBUsage(dynamodb, table)

    def directory() -> "RoomDirectory":
        from chalicelib.adapters.dynamodb.presence.live_rooms import DynamoDBRoomDirectory

        return DynamoDBRoomDirectory(dynamodb, table)

    def refusals() -> "RefusalCounts | None":
        from chalicelib.adapters.cloudwatch import CloudWatchRefusals

        function = settings.own_function
        return None if function is None else CloudWatchRefusals(metrics_client(), function)

    def user_data() -> UserDataPorts:
        from chalicelib.adapters.dynamodb.user_data.erasures import DynamoDBErasures
        from chalicelib.adapters.dynamodb.user_data.user_records import DynamoDBUserRecords

        return UserDataPorts(
            records=DynamoDBUserRecords(dynamodb, table),
            erasures=DynamoDBErasures(dynamodb, table),
        )

    def workers() -> "CheckWorkers | None":
        from chalicelib.adapters.lambda_workers import LambdaWorkers

        function = settings.checks_function
        return None if function is None else LambdaWorkers(lambda_client(), function)

    def media() -> MediaPorts:
        from chalicelib.adapters.dynamodb.media import DynamoDBMedia
        from chalicelib.adapters.dynamodb.retention import DynamoDBRetention
        from chalicelib.adapters.opentok.archives import OpenTokArchives
        from chalicelib.adapters.opentok.broadcasts import OpenTokBroadcasts
        from chalicelib.adapters.opentok.captions import OpenTokCaptions
        from chalicelib.adapters.opentok.renders import OpenTokRenders
        from chalicelib.adapters.opentok.telephony import OpenTokTelephony
        from chalicelib.adapters.s3_archives import S3ArchiveStorage

        return MediaPorts(
            store=DynamoDBMedia(dynamodb, table),
            schedules=DynamoDBRetention(dynamodb, table),
            storage=S3ArchiveStorage(settings.archive_bucket, s3_client),
            archives=OpenTokArchives(client, utc_now),
            broadcasts=OpenTokBroadcasts(client, utc_now),
            captions=OpenTokCaptions(client, utc_now),
            renders=OpenTokRenders(client, utc_now),
            telephony=OpenTokTelephony(client),
        )

    return Ports(
        rooms=rooms,
        seats=DynamoDBSeats(dynamodb, table),
        quotas=DynamoDBQuotas(dynamodb, table),
        sessions=DynamoDBSessions(dynamodb, table, settings.attendance),
        pool=DynamoDBSessionPool(dynamodb, table),
        invitations=DynamoDBInvitations(dynamodb, table),
        waiting=DynamoDBWaiting(dynamodb, table),
        video=OpenTokPlatform(sdk_clients, transport),
        client_library=OpenTokClientLibrary(sdk_clients, settings.opentok_client_url),
        connections=OpenTokConnections(client),
        identity=identity,
        callbacks=JwtCallbackVerifier(credentials, settings.callback_path_secret, utc_now),
        pseudonyms=cache(lambda: _pseudonyms(credentials)),
        due_work=cache(due_work),
        workers=cache(workers),
        attendance=cache(attendance),
        usage=cache(usage),
        directory=cache(directory),
        refusals=cache(refusals),
        user_data=cache(user_data),
        media=cache(media),
        prefetch=(
            lambda _: identity.prepare(),
            credentials.prepare,
            # Reading an item that no room has opens a connection.
            lambda deadline: rooms.find(_NO_ROOM, deadline),
        ),
    )


def _pseudonyms(keys: "PrivacyKeys") -> "Pseudonyms":
    from chalicelib.adapters.pseudonyms import KeyedPseudonyms

    return KeyedPseudonyms(keys)
