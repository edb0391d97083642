"""The use cases of media on given ports."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from chalicelib.composition.ports import Ports
from chalicelib.core.media.broadcasts import Broadcasts
from chalicelib.core.media.captions import Captions
from chalicelib.core.media.delete_expired_archives import DeleteExpiredArchives
from chalicelib.core.media.media_access import MediaAccess
from chalicelib.core.media.media_control import MediaControl, MediaStopper
from chalicelib.core.media.read_archives import ReadArchives
from chalicelib.core.media.reconcile_media import MediaReconciler, ServiceReconciler
from chalicelib.core.media.record_archives import RecordArchives
from chalicelib.core.media.renders import Renders
from chalicelib.core.media.start_media import StartMedia
from chalicelib.core.media.stop_media import StopMedia
from chalicelib.core.media.sync_archives import ArchiveSync
from chalicelib.core.media.telephony import Telephony
from chalicelib.core.media.track_media import MediaTracker
from chalicelib.core.model.connection import Service
from chalicelib.core.model.media import Feature, Features, MediaKind
from chalicelib.core.model.media_hosts import MediaHosts
from chalicelib.core.rooms.read_rooms import ReadRooms
from chalicelib.core.sessions.check_sessions import SessionCheck
from chalicelib.core.sessions.service_connections import ServiceConnections
from chalicelib.core.sessions.track_sessions import SessionTracker
from chalicelib.core.support.formats import Clock
from chalicelib.core.use_cases import MediaUseCases


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaServices:
    """The use cases of media, and their parts that other use cases need."""

    use_cases: MediaUseCases
    stop: StopMedia
    reconcile: Sequence[SessionCheck]
    delete_expired_archives: DeleteExpiredArchives


def wire_media(
    ports: Ports,
    read_rooms: ReadRooms,
    sessions: SessionTracker,
    clock: Clock,
    *,
    features: Features,
    hosts: MediaHosts,
) -> MediaServices:
    """Return the use cases of media on these ports, by the operator's rules."""
    own, rooms = ports.media(), ports.rooms
    services = ServiceConnections(ports.video, sessions, clock)
    access = MediaAccess(read_rooms, own.store)
    tracker = MediaTracker(sessions.find, own.store, clock)
    start_media = StartMedia(rooms, own.store, clock)
    archive_sync = ArchiveSync(own.archives, own.storage, tracker)
    broadcast_control = MediaControl(own.broadcasts, tracker)
    captions_stopper = MediaStopper(own.captions, tracker)
    render_control = MediaControl(own.renders, tracker)
    reconciler = partial(
        MediaReconciler, rooms=rooms, store=own.store, tracker=tracker, clock=clock
    )
    return MediaServices(
        use_cases=MediaUseCases(
            record_archives=RecordArchives(
                rule=features[Feature.RECORDING],
                rooms=read_rooms,
                store=own.store,
                platform=own.archives,
                sync=archive_sync,
                start_media=start_media,
            ),
            read_archives=ReadArchives(read_rooms, own.store, archive_sync, own.storage),
            broadcasts=Broadcasts(
                rule=features[Feature.BROADCASTS],
                hosts=hosts,
                media=access,
                platform=own.broadcasts,
                tracker=tracker,
                start_media=start_media,
                control=broadcast_control,
            ),
            captions=Captions(
                rule=features[Feature.CAPTIONS],
                media=access,
                platform=own.captions,
                services=services,
                callbacks=ports.callbacks,
                start_media=start_media,
                stopper=captions_stopper,
            ),
            renders=Renders(
                rule=features[Feature.RENDERS],
                hosts=hosts,
                media=access,
                platform=own.renders,
                services=services,
                start_media=start_media,
                control=render_control,
            ),
            telephony=Telephony(
                sip=features[Feature.SIP],
                audio_connectors=features[Feature.AUDIO_CONNECTORS],
                hosts=hosts,
                media=access,
                platform=own.telephony,
                services=services,
            ),
            media_tracker=tracker,
        ),
        stop=StopMedia(
            own.store,
            {
                MediaKind.ARCHIVE: archive_sync,
                MediaKind.BROADCAST: broadcast_control,
                MediaKind.CAPTIONS: captions_stopper,
                MediaKind.RENDER: render_control,
            },
        ),
        reconcile=[
            reconciler(
                MediaKind.ARCHIVE,
                own.archives,
                archive_sync,
                longest=features[Feature.RECORDING].longest,
            ),
            reconciler(
                MediaKind.BROADCAST,
                own.broadcasts,
                broadcast_control,
                longest=features[Feature.BROADCASTS].longest,
            ),
            ServiceReconciler(
                renders=reconciler(
                    MediaKind.RENDER,
                    own.renders,
                    render_control,
                    longest=features[Feature.RENDERS].longest,
                ),
                longest={
                    Service.SIP: features[Feature.SIP].longest,
                    Service.AUDIO_CONNECTOR: features[Feature.AUDIO_CONNECTORS].longest,
                },
                platform=ports.connections,
                sessions=ports.sessions,
                store=own.store,
                clock=clock,
            ),
        ],
        delete_expired_archives=DeleteExpiredArchives(
            rooms=rooms, schedules=own.schedules, store=own.store, sync=archive_sync, clock=clock
        ),
    )
