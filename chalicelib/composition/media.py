"""The wiring of media: adapters and use cases of archives, broadcasts, captions and renders."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from chalicelib.adapters.opentok.api_client import ApiClient
from chalicelib.adapters.opentok.archives import OpenTokArchives
from chalicelib.adapters.opentok.broadcasts import OpenTokBroadcasts
from chalicelib.adapters.opentok.captions import OpenTokCaptions
from chalicelib.adapters.opentok.renders import OpenTokRenders
from chalicelib.adapters.opentok.telephony import OpenTokTelephony
from chalicelib.core.media.broadcasts import Broadcasts
from chalicelib.core.media.captions import Captions
from chalicelib.core.media.delete_expired_archives import DeleteExpiredArchives
from chalicelib.core.media.media_access import MediaAccess
from chalicelib.core.media.media_control import MediaControl, MediaStopper
from chalicelib.core.media.read_archives import ReadArchives
from chalicelib.core.media.reconcile_media import MediaReconciler, RenderReconciler
from chalicelib.core.media.record_archives import RecordArchives
from chalicelib.core.media.renders import Renders
from chalicelib.core.media.start_media import StartMedia
from chalicelib.core.media.stop_media import StopMedia
from chalicelib.core.media.sync_archives import ArchiveSync
from chalicelib.core.media.telephony import Telephony
from chalicelib.core.media.track_media import MediaTracker
from chalicelib.core.model.media import MediaKind
from chalicelib.core.ports.archives import ArchiveStorage, RetentionStore
from chalicelib.core.ports.credentials import CallbackVerifier
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.rooms.read_rooms import ReadRooms
from chalicelib.core.sessions.reconcile_sessions import MediaCheck
from chalicelib.core.sessions.service_connections import ServiceConnections
from chalicelib.core.sessions.track_sessions import SessionTracker
from chalicelib.core.support.timestamps import Clock
from chalicelib.core.use_cases import MediaUseCases


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaServices:
    """The use cases of media, and their parts that other use cases need."""

    use_cases: MediaUseCases
    stop: StopMedia
    reconcile: Sequence[MediaCheck]
    delete_expired_archives: DeleteExpiredArchives


def build_media(
    *,
    rooms: RoomStore,
    store: MediaStore,
    session_store: SessionStore,
    schedules: RetentionStore,
    files: ArchiveStorage,
    rest: ApiClient,
    read_rooms: ReadRooms,
    sessions: SessionTracker,
    services: ServiceConnections,
    callbacks: CallbackVerifier,
    clock: Clock,
) -> MediaServices:
    """Wire everything about media."""
    archives, broadcasts = OpenTokArchives(rest, clock), OpenTokBroadcasts(rest, clock)
    captions, renders = OpenTokCaptions(rest, clock), OpenTokRenders(rest, clock)
    access = MediaAccess(read_rooms, store, clock)
    tracker = MediaTracker(sessions.find, store, clock)
    start_media = StartMedia(rooms, store, tracker, clock)
    sync = ArchiveSync(archives, files, tracker)
    broadcast_control = MediaControl(broadcasts, tracker)
    render_control = MediaControl(renders, tracker)
    captions_stopper = MediaStopper(captions, tracker)
    reconciler = partial(MediaReconciler, rooms=rooms, store=store, tracker=tracker, clock=clock)

    return MediaServices(
        use_cases=MediaUseCases(
            record_archives=RecordArchives(
                media=access, store=store, platform=archives, sync=sync, start_media=start_media
            ),
            read_archives=ReadArchives(read_rooms, store, sync, files),
            broadcasts=Broadcasts(
                media=access,
                platform=broadcasts,
                tracker=tracker,
                start_media=start_media,
                control=broadcast_control,
            ),
            captions=Captions(
                media=access,
                platform=captions,
                services=services,
                callbacks=callbacks,
                start_media=start_media,
                stopper=captions_stopper,
            ),
            renders=Renders(
                media=access,
                platform=renders,
                services=services,
                start_media=start_media,
                control=render_control,
            ),
            telephony=Telephony(access, OpenTokTelephony(rest), services),
            follow=tracker,
        ),
        stop=StopMedia(
            store,
            {
                MediaKind.ARCHIVE: sync,
                MediaKind.BROADCAST: broadcast_control,
                MediaKind.CAPTIONS: captions_stopper,
                MediaKind.RENDER: render_control,
            },
        ),
        reconcile=[
            reconciler(MediaKind.ARCHIVE, archives, sync),
            reconciler(MediaKind.BROADCAST, broadcasts, broadcast_control),
            RenderReconciler(
                reconciler(MediaKind.RENDER, renders, render_control), session_store, store
            ),
        ],
        delete_expired_archives=DeleteExpiredArchives(
            rooms=rooms, schedules=schedules, store=store, sync=sync, clock=clock
        ),
    )
