"""Media: what OpenTok makes of a room's session, and the rules for who may have it made.

Each record holds what OpenTok last reported. A status only moves forward, because answers and
callbacks arrive in any order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from chalicelib.core.model.user import User
from chalicelib.core.support.formats import epoch_milliseconds, parse_object
from chalicelib.errors import FeatureDisabled, FieldProblem, InvalidField


class MediaKind(StrEnum):
    """The kinds of media, by OpenTok's own names; renders are the Experience Composer's."""

    ARCHIVE = "archive"
    BROADCAST = "broadcast"
    CAPTIONS = "captions"
    RENDER = "render"


STOPPED: Final = "stopped"
UPLOADED: Final = "uploaded"
"""The file is in the operator's bucket."""
AVAILABLE: Final = "available"
"""The file is at OpenTok, for 72 hours."""
FAILED: Final = "failed"
EXPIRED: Final = "expired"
DELETED: Final = "deleted"

_RUNNING: Final = {
    MediaKind.ARCHIVE: ("started", "paused"),
    MediaKind.BROADCAST: ("started",),
    MediaKind.CAPTIONS: ("started",),
    MediaKind.RENDER: ("starting", "started"),
}
_RANKS: Final = {
    "starting": 0,
    "started": 1,
    "paused": 1,
    STOPPED: 2,
    UPLOADED: 3,
    AVAILABLE: 3,
    FAILED: 3,
    EXPIRED: 4,
    DELETED: 5,
}


@dataclass(frozen=True, slots=True)
class Media:
    """One archive, broadcast or render, or a room's captions.

    Args:
        room_id: The room that owns the item, even after the room's session changes.
        content: OpenTok's own object, without secrets.
        updated_at: The time of OpenTok's last change, or of the report if OpenTok names none.
    """

    kind: MediaKind
    id: str
    room_id: str
    session_id: str
    status: str
    created_at: datetime
    updated_at: datetime
    content: Mapping[str, object]

    @property
    def is_running(self) -> bool:
        """Return True if the item may be running; an unknown status counts as running."""
        return self.status in _RUNNING[self.kind] or self.status not in _RANKS

    @property
    def is_final(self) -> bool:
        """Return True if the state can no longer change, except by deletion.

        An archive that has stopped is final only when its file exists or will never exist.
        """
        if self.kind is MediaKind.ARCHIVE:
            return self.rank >= _RANKS[AVAILABLE]
        return not self.is_running

    @property
    def rank(self) -> int:
        """The position of its status in the life cycle; an unknown status counts as running."""
        return _RANKS.get(self.status, 1)


@dataclass(frozen=True, slots=True)
class MediaCursor:
    """The position in a list after the item of this id and time of creation."""

    id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MediaPage:
    """Some of a room's media, and the cursor of the next page; None after the last page."""

    items: tuple[Media, ...]
    next_cursor: MediaCursor | None


class Feature(StrEnum):
    """A feature that costs money at OpenTok. The operator switches each one, per stage."""

    RECORDING = "recording"
    BROADCASTS = "broadcasts"
    CAPTIONS = "captions"
    RENDERS = "renders"
    SIP = "sip"
    AUDIO_CONNECTORS = "audioConnectors"

    @property
    def setting(self) -> str:
        """The name of the setting that says who may start it."""
        return f"ALLOW_{self.name}"

    @property
    def duration_setting(self) -> str:
        """The name of the setting that says for how long it may run."""
        return f"MAX_{self.name}_SECONDS"


class AllowedTo(StrEnum):
    """The users who may start a feature. Moderators may do so in their own rooms."""

    OFF = "off"
    ADMINS = "admins"
    MODERATORS = "moderators"


_REFUSALS: Final = {
    AllowedTo.OFF: "The feature {feature} is off here.",
    AllowedTo.ADMINS: "The feature {feature} is for admins here.",
}
_LONGEST_AUTOMATIC_ARCHIVE: Final = timedelta(hours=4)
"""OpenTok's own limit. Nothing else ends an automatic archive while clients are connected."""


@dataclass(frozen=True, slots=True)
class FeatureRule:
    """The operator's rule for one feature.

    Args:
        feature: The feature.
        allowed_to: The users who may start it.
        longest: The longest duration of one archive, broadcast, call and so on.
    """

    feature: Feature
    allowed_to: AllowedTo
    longest: timedelta

    def check(self, user: User) -> None:
        """Check that the stage lets the user start the feature, whatever the room's rules say.

        Raises:
            FeatureDisabled: It does not.
        """
        moderators = self.allowed_to is AllowedTo.MODERATORS
        if not moderators and not (self.allowed_to is AllowedTo.ADMINS and user.admin):
            refusal = _REFUSALS[self.allowed_to].format(feature=self.feature)
            raise self._disabled(refusal, self.feature.setting)

    def check_automatic(self, user: User) -> None:
        """Check that the stage lets the user create a room that records itself.

        Raises:
            FeatureDisabled: The user may not record, or an automatic archive may become too long.
        """
        self.check(user)
        if self.longest < _LONGEST_AUTOMATIC_ARCHIVE:
            raise self._disabled(
                "An automatic archive would run for longer than this service allows.",
                self.feature.duration_setting,
            )

    def limit(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the options with a `maxDuration`, which is the longest one by default.

        Raises:
            InvalidField: The caller asks for a longer one.
        """
        longest = int(self.longest.total_seconds())
        asked = options.get("maxDuration", longest)
        if asked > longest:
            raise InvalidField(FieldProblem("maxDuration", f"must be at most {longest}"))
        return {**options, "maxDuration": asked}

    def _disabled(self, refusal: str, setting: str) -> FeatureDisabled:
        return FeatureDisabled(
            f"{refusal} The operator's setting {setting} decides it.",
            extensions={
                "feature": self.feature,
                "allowedTo": self.allowed_to,
                "setting": setting,
            },
        )


Features = Mapping[Feature, FeatureRule]
"""The rule of every feature."""


STOPPED_AT: Final = "stoppedAt"
"""The field of an archive's record, not of OpenTok's object, that has the time of its end."""


def as_recorded(media: Media) -> Media:
    """Return the item as it is kept: an archive without its file's URL, and with its end's time.

    Anyone who has the URL can fetch the file, and ten minutes later nobody can. OpenTok's time of
    the last change is that of the end only until the file exists.
    """
    if media.kind is not MediaKind.ARCHIVE:
        return media
    content = {**media.content, "url": None}
    if media.status == STOPPED:
        content[STOPPED_AT] = epoch_milliseconds(media.updated_at)
    transcription = parse_object(content.get("transcription"))
    if "url" in transcription:
        content["transcription"] = {**transcription, "url": None}
    return replace(media, content=content)
