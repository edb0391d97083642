"""All ports of OpenTok."""

from dataclasses import dataclass

from chalicelib.core.model.media import MediaKind
from chalicelib.core.ports.archives import ArchivePlatform
from chalicelib.core.ports.media_platforms import (
    BroadcastPlatform,
    MediaPlatform,
    ReadableMediaPlatform,
    TelephonyPlatform,
)
from chalicelib.core.ports.video_platform import ConnectionControl, VideoPlatform
from tests.fakes.opentok.clients import FakeOpenTok
from tests.fakes.opentok.compositions import FakeArchives, FakeBroadcasts
from tests.fakes.opentok.connections import FakeConnections
from tests.fakes.opentok.objects import Objects
from tests.fakes.opentok.services import FakeCaptions, FakeRenders, FakeTelephony


@dataclass(frozen=True, kw_only=True)
class Platforms:
    """OpenTok's ports, which are all fakes or all adapters."""

    video: VideoPlatform
    connections: ConnectionControl
    archives: ArchivePlatform
    broadcasts: BroadcastPlatform
    captions: MediaPlatform
    renders: ReadableMediaPlatform
    telephony: TelephonyPlatform


class FakePlatforms:
    """All fakes of one OpenTok.

    Args:
        opentok: The owner of the sessions and clients that they share.
    """

    def __init__(self, opentok: FakeOpenTok) -> None:
        self.opentok = opentok
        self.connections = FakeConnections(opentok)
        self.archives = FakeArchives(opentok)
        self.broadcasts = FakeBroadcasts(opentok)
        self.captions = FakeCaptions(opentok)
        self.renders = FakeRenders(opentok)
        self.telephony = FakeTelephony(opentok)

    @property
    def ports(self) -> Platforms:
        return Platforms(
            video=self.opentok,
            connections=self.connections,
            archives=self.archives,
            broadcasts=self.broadcasts,
            captions=self.captions,
            renders=self.renders,
            telephony=self.telephony,
        )

    def objects(self, kind: MediaKind) -> Objects:
        """Return all objects of one kind."""
        return {
            MediaKind.ARCHIVE: self.archives.objects,
            MediaKind.BROADCAST: self.broadcasts.objects,
            MediaKind.CAPTIONS: self.captions.objects,
            MediaKind.RENDER: self.renders.objects,
        }[kind]
