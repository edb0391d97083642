"""Ties together what sessions are made into, for `services`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from chalicelib.adapters.opentok.api_client import OpenTokRest
from chalicelib.adapters.opentok.archives import OpenTokArchives
from chalicelib.adapters.opentok.broadcasts import OpenTokBroadcasts
from chalicelib.adapters.opentok.captions import OpenTokCaptions
from chalicelib.adapters.opentok.renders import OpenTokRenders
from chalicelib.adapters.opentok.telephony import OpenTokAudio
from chalicelib.core.media.broadcasts import Broadcasts
from chalicelib.core.media.captions import LiveCaptions
from chalicelib.core.media.delete_expired_archives import ClearArchives
from chalicelib.core.media.end_media import EndMedia
from chalicelib.core.media.media_access import RoomMedia
from chalicelib.core.media.read_archives import ReadArchives
from chalicelib.core.media.reconcile_media import HealKind, HealMedia
from chalicelib.core.media.reconcile_renders import HealRenders
from chalicelib.core.media.record_archives import RecordRoom
from chalicelib.core.media.refresh_media import RefreshMedia
from chalicelib.core.media.renders import Renders
from chalicelib.core.media.start_media import StartMedia
from chalicelib.core.media.stop_media import StopMedia
from chalicelib.core.media.sync_archives import KeptArchives
from chalicelib.core.media.telephony import ConnectedAudio
from chalicelib.core.media.track_media import FollowMedia
from chalicelib.core.model.media import MediaKind, MediaStore
from chalicelib.core.ports.archives import ArchiveFiles, ShelfStore
from chalicelib.core.ports.credentials import CallbackSignatures
from chalicelib.core.ports.room_store import ClientTokens, Clock, RoomAccess, RoomStore
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.rooms.read_rooms import ReadRooms
from chalicelib.core.sample_apps.sample_archives import SampleArchives
from chalicelib.core.sample_apps.sample_rooms import SampleRooms
from chalicelib.core.sample_apps.sample_services import SampleBroadcasts, SampleCaptions
from chalicelib.core.sessions.service_connections import AdmitServices
from chalicelib.core.sessions.track_sessions import FollowSessions
from chalicelib.core.use_cases import MediaUseCases, SampleUseCases


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomCases:
    """The use cases of media that sample apps have of their own, for some rooms."""

    media: RoomMedia
    record_room: RecordRoom
    read_archives: ReadArchives
    broadcasts: Broadcasts
    captions: LiveCaptions


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaServices:
    """The use cases of media, and the parts of other ones that look after them."""

    use_cases: MediaUseCases
    stop: StopMedia
    heal: Sequence[HealKind]
    clear_archives: ClearArchives


def build_media(
    *,
    rooms: RoomStore,
    store: MediaStore,
    session_store: SessionStore,
    shelves: ShelfStore,
    files: ArchiveFiles,
    rest: OpenTokRest,
    read_rooms: ReadRooms,
    sample_rooms: SampleRooms,
    client_tokens: ClientTokens,
    sessions: FollowSessions,
    services: AdmitServices,
    callbacks: CallbackSignatures,
    clock: Clock,
) -> MediaServices:
    follow = FollowMedia(sessions.find, store, clock)
    archives, broadcasts = OpenTokArchives(rest, clock), OpenTokBroadcasts(rest, clock)
    captions, renders = OpenTokCaptions(rest, clock), OpenTokRenders(rest, clock)
    kept = KeptArchives(archives, files, follow)
    end_broadcast, end_captions = EndMedia(broadcasts, follow), EndMedia(captions, follow)
    end_render = EndMedia(renders, follow)
    refresh_broadcast = RefreshMedia(broadcasts.one, follow)
    refresh_render = RefreshMedia(renders.one, follow)
    heal = partial(HealMedia, rooms=rooms, store=store, follow=follow, clock=clock)
    start_media = StartMedia(rooms.find, store.running, follow.keep, clock)

    def cases_of(rooms_of: RoomAccess) -> RoomCases:
        media = RoomMedia(rooms_of, store, clock)
        return RoomCases(
            media=media,
            record_room=RecordRoom(
                rooms=rooms_of,
                store=store,
                platform=archives,
                kept=kept,
                start_media=start_media,
                clock=clock,
            ),
            read_archives=ReadArchives(rooms_of, store, kept, files),
            broadcasts=Broadcasts(
                media=media,
                platform=broadcasts,
                follow=follow,
                start_media=start_media,
                end_media=end_broadcast,
                refresh=refresh_broadcast,
            ),
            captions=LiveCaptions(
                media=media,
                platform=captions,
                services=services,
                callbacks=callbacks,
                start_media=start_media,
                end_media=end_captions,
            ),
        )

    of_rooms = cases_of(read_rooms)
    return MediaServices(
        use_cases=MediaUseCases(
            record_room=of_rooms.record_room,
            read_archives=of_rooms.read_archives,
            broadcasts=of_rooms.broadcasts,
            captions=of_rooms.captions,
            renders=Renders(
                media=of_rooms.media,
                platform=renders,
                services=services,
                start_media=start_media,
                end_media=end_render,
                refresh=refresh_render,
            ),
            connected_audio=ConnectedAudio(of_rooms.media, OpenTokAudio(rest), services),
            follow=follow,
            samples=_samples(sample_rooms, cases_of(sample_rooms), client_tokens),
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
        heal=[
            heal(MediaKind.ARCHIVE, archives.of_session, kept.stop, kept.missed, kept.refresh),
            heal(
                MediaKind.BROADCAST,
                broadcasts.of_session,
                end_broadcast,
                refresh_broadcast,
                refresh_broadcast,
            ),
            HealRenders(
                heal(
                    MediaKind.RENDER, renders.of_session, end_render, refresh_render, refresh_render
                ),
                session_store,
                store,
            ),
        ],
        clear_archives=ClearArchives(
            rooms=rooms, shelves=shelves, store=store, kept=kept, clock=clock
        ),
    )


def _samples(rooms: SampleRooms, cases: RoomCases, tokens: ClientTokens) -> SampleUseCases:
    return SampleUseCases(
        archives=SampleArchives(rooms, cases.record_room, cases.read_archives),
        broadcasts=SampleBroadcasts(rooms, cases.media, cases.broadcasts),
        captions=SampleCaptions(rooms, cases.captions, tokens),
    )
