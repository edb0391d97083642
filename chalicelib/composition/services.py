"""The service put together, once per process: `connect` makes ports, `wire` makes use cases."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from secrets import token_urlsafe
from uuid import uuid4

from chalicelib.core.support.formats import utc_now
from chalicelib.core.use_cases import UseCases
from chalicelib.errors import NotConfigured
from chalicelib.settings import Settings


class Services:
    """The use cases, built at the first call.

    No SDK is loaded earlier. If a setting is missing, the request fails, and the next request
    reads the settings again.

    Attributes:
        use_cases: Returns the same use cases at each call. Raises `NotConfigured` if a setting is
            missing or wrong.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.use_cases: Callable[[], UseCases] = cache(
            lambda: _build(Settings.from_env(environment))
        )

    def preload(self) -> None:
        """Build the use cases now. A missing setting is not an error until the first request."""
        with suppress(NotConfigured):
            self.use_cases()


def _build(settings: Settings) -> UseCases:
    from chalicelib.composition.policy import Policy
    from chalicelib.composition.ports import connect
    from chalicelib.composition.use_cases import wire

    policy = Policy(
        settings.creation,
        settings.longest_token,
        settings.features,
        settings.media_hosts,
        settings.opentok_calls_per_second,
        settings.quotas,
        settings.invitations,
        settings.attendance,
        settings.prices,
        settings.pool,
        settings.strict_privacy,
    )
    return wire(connect(settings), policy, utc_now, lambda: uuid4().hex, _new_code)


def _new_code() -> str:
    """Return the code of an invitation: 160 random bits in 27 characters."""
    return token_urlsafe(20)
