"""The use cases of media on given ports."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from chalicelib.composition.ports import Ports
from chalicelib.core.media.broadcasts import Broadcasts
from chalicelib.core.media.captions import Captions
from chalicelib.core.media.delete_expired_archives import DeleteExpiredArchives
from chalicelib.core.media.end_media import EndMedia
from chalicelib.core.media.media_access import MediaAccess
from chalicelib.core.media.read_archives import ReadArchives
from chalicelib.core.media.reconcile_media import MediaReconciler
from chalicelib.core.media.reconcile_renders import RenderReconciler
from chalicelib.core.media.record_archives import RecordArchives
from chalicelib.core.media.refresh_media import RefreshMedia
from chalicelib.core.media.renders import Renders
from chalicelib.core.media.start_media import StartMedia
from chalicelib.core.media.stop_media import StopMedia
from chalicelib.core.media.sync_archives import ArchiveSync
from chalicelib.core.media.telephony import Telephony
from chalicelib.core.media.track_media import MediaTracker
from chalicelib.core.model.media import MediaKind
from chalicelib.core.rooms.read_rooms import ReadRooms
from chalicelib.core.sessions.reconcile_sessions import MediaCheck
from chalicelib.core.sessions.service_connections import ServiceConnections
from chalicelib.core.sessions.track_sessions import SessionTracker
from chalicelib.core.support.timestamps import Clock
from chalicelib.core.use_cases import MediaUseCases


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaServices:
    """The use cases of media, and the parts of other ones that look after them."""

    use_cases: MediaUseCases
    stop: StopMedia
    reconcile: Sequence[MediaCheck]
    delete_expired_archives: DeleteExpiredArchives


def wire_media(
    ports: Ports, read_rooms: ReadRooms, sessions: SessionTracker, clock: Clock
) -> MediaServices:
    """Return the use cases of media on these ports."""
    own, rooms, callbacks = ports.media(), ports.rooms, ports.callbacks
    session_store, store, schedules, files = ports.sessions, own.store, own.schedules, own.storage
    archives, broadcasts, captions, renders = (
        own.archives,
        own.broadcasts,
        own.captions,
        own.renders,
    )
    services = ServiceConnections(ports.video, sessions, clock)
    follow = MediaTracker(sessions.find, store, clock)
    kept = ArchiveSync(archives, files, follow)
    end_broadcast, end_captions = EndMedia(broadcasts, follow), EndMedia(captions, follow)
    end_render = EndMedia(renders, follow)
    refresh_broadcast = RefreshMedia(broadcasts.one, follow)
    refresh_render = RefreshMedia(renders.one, follow)
    reconcile = partial(MediaReconciler, rooms=rooms, store=store, follow=follow, clock=clock)
    start_media = StartMedia(rooms.find, store.running, follow.save, clock)

    media = MediaAccess(read_rooms, store, clock)
    return MediaServices(
        use_cases=MediaUseCases(
            record_archives=RecordArchives(
                rooms=read_rooms,
                store=store,
                platform=archives,
                kept=kept,
                start_media=start_media,
                clock=clock,
            ),
            read_archives=ReadArchives(read_rooms, store, kept, files),
            broadcasts=Broadcasts(
                media=media,
                platform=broadcasts,
                follow=follow,
                start_media=start_media,
                end_media=end_broadcast,
                refresh=refresh_broadcast,
            ),
            captions=Captions(
                media=media,
                platform=captions,
                services=services,
                callbacks=callbacks,
                start_media=start_media,
                end_media=end_captions,
            ),
            renders=Renders(
                media=media,
                platform=renders,
                services=services,
                start_media=start_media,
                end_media=end_render,
                refresh=refresh_render,
            ),
            telephony=Telephony(media, own.telephony, services),
            follow=follow,
        ),
        stop=StopMedia(
            store,
            {
                MediaKind.ARCHIVE: kept.stop,
                MediaKind.BROADCAST: end_broadcast,
                MediaKind.CAPTIONS: end_captions,
                MediaKind.RENDER: end_render,
            },
        ),
        reconcile=[
            reconcile(
                MediaKind.ARCHIVE,
                archives.of_session,
                kept.stop,
                kept.confirm_missing,
                kept.refresh,
            ),
            reconcile(
                MediaKind.BROADCAST,
                broadcasts.of_session,
                end_broadcast,
                refresh_broadcast,
                refresh_broadcast,
            ),
            RenderReconciler(
                reconcile(
                    MediaKind.RENDER, renders.of_session, end_render, refresh_render, refresh_render
                ),
                session_store,
                store,
            ),
        ],
        delete_expired_archives=DeleteExpiredArchives(
            rooms=rooms, schedules=schedules, store=store, kept=kept, clock=clock
        ),
    )
