"""The times by which a rotation and all instances agree on when new credentials are in use."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchTimes:
    """The times of a switch, all in seconds.

    OpenTok and Vonage accept one secret or key at a time. So a rotation announces the time of the
    switch. Around that time, instances hold their callers until they have the new credentials.

    Args:
        fresh: The time for which an instance uses credentials before it reads them again.
        retry: The time from a failed read to the next one.
        lead: The time before the switch at which instances begin to hold callers. Who got a client
            token before has so long to connect with it.
        hold: The time after the switch for which instances hold callers at most.
        latest_start: The time after the switch at which a rotation begins at the latest.
    """

    fresh: float = 300.0
    retry: float = 30.0
    lead: float = 3.0
    hold: float = 8.0
    latest_start: float = 1.0

    @property
    def notice(self) -> float:
        """The time from an announcement to its switch, in which every instance reads it."""
        return self.fresh + self.retry + self.hold


USUAL_TIMES: Final = SwitchTimes()
