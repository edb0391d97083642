"""Ties together what sessions are made into, for `services`."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.adapters.opentok.archives import OpenTokArchives
from chalicelib.adapters.opentok.rest import OpenTokRest
from chalicelib.core.archive_ports import ArchiveFiles, ShelfStore
from chalicelib.core.clear_archives import ClearArchives
from chalicelib.core.follow_media import FollowMedia
from chalicelib.core.follow_sessions import FollowSessions
from chalicelib.core.heal_media import HealMedia
from chalicelib.core.kept_archives import KeptArchives
from chalicelib.core.media import MediaKind, MediaStore
from chalicelib.core.ports import Clock, RoomStore
from chalicelib.core.read_archives import ReadArchives
from chalicelib.core.read_rooms import ReadRooms
from chalicelib.core.record_room import RecordRoom
from chalicelib.core.stop_media import StopMedia


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaServices:
    """The use cases of media, and the parts of other ones that look after them."""

    follow: FollowMedia
    stop: StopMedia
    heal: Sequence[HealMedia]
    clear_archives: ClearArchives
    record_room: RecordRoom
    read_archives: ReadArchives


def build_media(
    *,
    rooms: RoomStore,
    store: MediaStore,
    shelves: ShelfStore,
    files: ArchiveFiles,
    rest: OpenTokRest,
    read_rooms: ReadRooms,
    sessions: FollowSessions,
    clock: Clock,
) -> MediaServices:
    follow = FollowMedia(sessions.find, store, clock)
    archives = OpenTokArchives(rest, clock)
    kept = KeptArchives(archives, files, follow)
    heal_archives = HealMedia(
        MediaKind.ARCHIVE,
        archives.archives_of,
        kept.stop,
        rooms=rooms,
        store=store,
        follow=follow,
        clock=clock,
    )
    return MediaServices(
        follow=follow,
        stop=StopMedia(store, {MediaKind.ARCHIVE: kept.stop}),
        heal=[heal_archives],
        clear_archives=ClearArchives(
            rooms=rooms, shelves=shelves, store=store, kept=kept, clock=clock
        ),
        record_room=RecordRoom(
            rooms=read_rooms,
            store=store,
            platform=archives,
            follow=follow,
            kept=kept,
            clock=clock,
        ),
        read_archives=ReadArchives(read_rooms, store, kept, files),
    )
