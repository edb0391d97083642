"""Usage: what connections and media amount to on a day. All durations are in milliseconds."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self

from chalicelib.core.model.attendance import Attendance
from chalicelib.core.model.connection import Service
from chalicelib.core.model.media import FAILED, STOPPED, STOPPED_AT, Media, MediaKind
from chalicelib.core.support.formats import epoch_milliseconds

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Usage:
    """The use of OpenTok on a day, or on several.

    Args:
        participant: The time for which participants were connected. Services do not count.
        subscribed: The part of it in which they were not alone in their session.
        connections: The number of participants' connections that began.
        peak: The largest number of participants in one session at a time.
        composed, individual: The recorded time, by OpenTok's output mode.
        broadcast, captions, render: The time of these media.
        sip: The time for which telephones were connected.
    """

    participant: int = 0
    subscribed: int = 0
    connections: int = 0
    peak: int = 0
    composed: int = 0
    individual: int = 0
    broadcast: int = 0
    captions: int = 0
    render: int = 0
    sip: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        both = zip(astuple(self), astuple(other), strict=True)
        total = Usage(*(mine + others for mine, others in both))
        return replace(total, peak=max(self.peak, other.peak))

    def growth_from(self, before: "Usage") -> Mapping[str, int]:
        """Return by how much each sum has changed, without those that have not, and the peak."""
        changes = {
            each.name: getattr(self, each.name) - getattr(before, each.name)
            for each in fields(Usage)
            if each.name != "peak"
        }
        return {name: change for name, change in changes.items() if change}


_LONGEST: Final = 86_400_000
"""Longer than any media item lasts."""


def _lasted(media: Media) -> int:
    """Return the time of an item that has ended, in milliseconds.

    If this service found the end, as no callback had, the time of that is in the content.
    """
    start, end = epoch_milliseconds(media.created_at), epoch_milliseconds(media.updated_at)
    found = media.content.get("updatedAt")
    if isinstance(found, int) and found <= start + _LONGEST:
        end = max(end, found)
    return max(0, end - start)


_USED: Final = {
    MediaKind.BROADCAST: "broadcast",
    MediaKind.CAPTIONS: "captions",
    MediaKind.RENDER: "render",
}


@dataclass(frozen=True, slots=True)
class MediaTime:
    """The time of a media item that has ended.

    Args:
        used: The name of the sum that it counts for: `composed`, `individual`, `broadcast`,
            `captions` or `render`.
    """

    used: str
    milliseconds: int

    @classmethod
    def of(cls, media: Media) -> Self | None:
        """Return the item's time, or None if it has not ended."""
        if media.is_running or media.rank < 2:  # noqa: PLR2004  see `STOPPED`
            return None
        lasted = _lasted(media)
        if media.kind is not MediaKind.ARCHIVE:
            return cls(_USED[media.kind], lasted)
        seconds = media.content.get("duration")
        mode = "individual" if media.content.get("outputMode") == "individual" else "composed"
        if isinstance(seconds, (int, float)) and seconds > 0:
            return cls(mode, int(seconds * 1000))
        # OpenTok reports no duration of an encrypted archive, and none until it knows it.
        if media.status == STOPPED:
            return cls(mode, lasted)
        stopped_at = media.content.get(STOPPED_AT)
        if media.status == FAILED or not isinstance(stopped_at, int):
            return None
        return cls(mode, max(0, stopped_at - epoch_milliseconds(media.created_at)))


@dataclass(frozen=True, slots=True)
class SessionDay:
    """The counted usage of one session on one day.

    Args:
        connected: The sums of connections.
        media: The time of each media item that began that day, by id. It stays counted after its
            record was deleted.
    """

    connected: Usage = Usage()
    media: Mapping[str, MediaTime] = field(default_factory=dict)

    @property
    def usage(self) -> Usage:
        total = self.connected
        for each in self.media.values():
            total += Usage(**{each.used: each.milliseconds})
        return total


def day_of(moment: datetime) -> date:
    """Return the day in UTC."""
    return moment.astimezone(UTC).date()


def start_of(day: date) -> datetime:
    """Return the first moment of the day in UTC."""
    return datetime.combine(day, time(), UTC)


_COMPANY: Final = (None, Service.SIP)
"""The services whose connections are company: people, and those who call by telephone."""


def measure(lines: Iterable[Attendance], day: date, now: datetime) -> Usage:
    """Return what the connections of one session amount to on a day, until now.

    It depends on the lines alone. So a late report that corrects a line corrects the sums.
    """
    first, last = (epoch_milliseconds(each) for each in (start_of(day), start_of(day) + _DAY))
    last = min(last, epoch_milliseconds(now))
    steps: list[tuple[int, int, int]] = []
    connections = sip = 0
    for each in lines:
        came = epoch_milliseconds(each.came)
        went = last if each.went is None else epoch_milliseconds(each.went)
        start, end, service = max(came, first), min(went, last), each.participant.service
        connections += service is None and first <= came < last
        if start >= end:
            continue
        if service is Service.SIP:
            sip += end - start
        if service in _COMPANY:
            person = int(service is None)
            steps += [(start, person, 1), (end, -person, -1)]
    return replace(_sweep(sorted(steps)), connections=connections, sip=sip)


def _sweep(steps: Iterable[tuple[int, int, int]]) -> Usage:
    """Return the sums of people over time.

    Args:
        steps: The time of each change of the number of people, and of that of all who are company,
            in order. Of one moment, departures come first.
    """
    people = company = participant = subscribed = peak = before = 0
    for at, person, one in steps:
        participant += people * (at - before)
        subscribed += people * (at - before) * (company > 1)
        people, company, before = people + person, company + one, at
        peak = max(peak, people)
    return Usage(participant=participant, subscribed=subscribed, peak=peak)
