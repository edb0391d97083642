from dataclasses import dataclass
from datetime import timedelta

from chalicelib.core.model.media import Features
from chalicelib.core.model.media_hosts import MediaHosts
from chalicelib.core.ports.video_platform import PoolBounds
from chalicelib.core.rooms.create_room import CreationPolicy
from chalicelib.core.rooms.invitations.invitation_rule import InvitationRule
from chalicelib.core.rooms.quotas import Quotas
from chalicelib.core.usage.prices import Prices


@dataclass(frozen=True, slots=True)
class Policy:
    """The operator's choices that use cases depend on.

    Args:
        creation: The rule for who may create rooms, and the default room.
        longest_token: The longest lifetime of a client token; at most 30 days.
        features: The rule of each feature that costs money.
        media_hosts: The hosts that OpenTok may be sent to.
        opentok_calls_per_second: The highest rate of calls to OpenTok by scheduled functions.
        quotas: The limits of what one user may use.
        invitations: The operator's choices about invitations.
        attendance: The time for which attendance is kept; 0 keeps none.
        prices: The prices of OpenTok, for estimates.
        pool: The bounds of the pool of sessions.
        strict_privacy: True if logs and client tokens name no user.
    """

    creation: CreationPolicy
    longest_token: timedelta
    features: Features
    media_hosts: MediaHosts
    opentok_calls_per_second: int
    quotas: Quotas
    invitations: InvitationRule
    attendance: timedelta
    prices: Prices
    pool: PoolBounds
    strict_privacy: bool = False
