"""A room with its archives, broadcasts, captions and renders."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.model.user import User
from chalicelib.errors import RoomkeyError
from tests.fakes.opentok.objects import Objects
from tests.fakes.service import ALICE, BOB, Service

NEEDED: Final[Mapping[MediaKind, Mapping[str, object]]] = {
    MediaKind.ARCHIVE: {},
    MediaKind.BROADCAST: {"outputs": {"hls": {}}},
    MediaKind.CAPTIONS: {},
    MediaKind.RENDER: {"url": "https://page.test/board"},
}


class Studio:
    """An open room with one user in it, and its media."""

    def __init__(self, service: Service) -> None:
        self.service = service
        service.open()
        service.enter(BOB)

    def start(
        self, kind: MediaKind, user: User = ALICE, room: str = "standup", **options: Any
    ) -> Media:
        """Start one, and deliver the callbacks."""
        media = self._start(kind, user, room, {**NEEDED[kind], **options})
        self.service.deliver()
        return media

    def start_unreported(self, kind: MediaKind, **options: Any) -> Media:
        """Start one, and lose the callbacks."""
        media = self._start(kind, ALICE, "standup", {**NEEDED[kind], **options})
        self.service.opentok.events.clear()
        return media

    def refusal(self, kind: MediaKind, user: User = ALICE, room: str = "standup") -> str | None:
        """Return the error code of a start; None if it succeeds."""
        try:
            self.start(kind, user, room)
        except RoomkeyError as refusal:
            return refusal.code
        return None

    def objects(self, kind: MediaKind) -> Objects:
        return self.service.platforms.objects(kind)

    def on_record(self, kind: MediaKind, room: str = "standup") -> dict[str, str]:
        """Return the recorded ids of this kind, each with its status, newest first."""
        room_id = self.service.room(room).room_id
        page = self.service.stores.media.page(room_id, kind, None, 100, self.service.deadline)
        return {each.id: each.status for each in page.items}

    def at_opentok(self, kind: MediaKind, room: str = "standup") -> dict[str, str]:
        """Return OpenTok's ids of this kind, each with its status, newest first."""
        listed = self.objects(kind).of_session(self.service.room(room).session_id)
        return {each.id: each.status for each in listed}

    def keep_for(self, days: int | None, room: str = "standup") -> None:
        """Make the room keep its archives for this many days, or for ever."""
        self.service.change({"archive_retention_days": days}, name=room)

    def archived(self, room: str = "standup", status: str = "available") -> str:
        """Record an archive up to this status. Return its id."""
        archive = self.start(MediaKind.ARCHIVE, room=room)
        self.objects(MediaKind.ARCHIVE).move(archive.id, status)
        self.service.deliver()
        return archive.id

    def archives(self, room: str = "standup") -> list[str]:
        """Return the ids of the recorded archives, newest first."""
        return list(self.on_record(MediaKind.ARCHIVE, room))

    @property
    def deletions(self) -> int:
        """Count the requests to OpenTok to delete an archive."""
        return self.service.opentok.faults.calls["archive.delete"]

    def _start(
        self, kind: MediaKind, user: User, name: str, options: Mapping[str, object]
    ) -> Media:
        media, deadline = self.service.use_cases.media(), self.service.deadline
        match kind:
            case MediaKind.ARCHIVE:
                return media.record_archives.start(user, name, options, deadline)[1]
            case MediaKind.BROADCAST:
                return media.broadcasts.start(user, name, options, deadline)[1]
            case MediaKind.CAPTIONS:
                return media.captions.start(user, name, options, None, deadline)
            case MediaKind.RENDER:
                return media.renders.start(user, name, options, deadline)[1]
