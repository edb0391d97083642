"""The service put together, once per process: `connect` makes ports, `wire` makes use cases."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from secrets import token_urlsafe
from typing import TYPE_CHECKING
from uuid import uuid4

from chalicelib.composition.late_modules import put_off
from chalicelib.core.support.formats import utc_now
from chalicelib.core.support.switch_times import USUAL_TIMES, SwitchTimes
from chalicelib.core.use_cases import UseCases
from chalicelib.errors import NotConfigured
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from chalicelib.composition.ports import Ports
    from chalicelib.core.rotation.rotate_credentials import RotateCredentials


class Services:
    """The use cases, built at the first call.

    No SDK is loaded earlier. If a setting is missing, the request fails, and the next request
    reads the settings again.

    Args:
        environment: The settings.
        times: The times of a switch of credentials.
        vonage_accounts_url: The address of Vonage's Application API; None for its own.

    Attributes:
        use_cases: Returns the same use cases at each call. Raises `NotConfigured` if a setting is
            missing or wrong.
        rotation: Returns the rotation of credentials. Raises `NotConfigured` as well.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        times: SwitchTimes = USUAL_TIMES,
        vonage_accounts_url: str | None = None,
    ) -> None:
        self._settings = cache(lambda: Settings.from_env(environment))
        self._ports = cache(lambda: _connect(self._settings(), times))
        self.use_cases: Callable[[], UseCases] = cache(
            lambda: _build(self._settings(), self._ports())
        )
        self.rotation: Callable[[], RotateCredentials] = cache(
            lambda: _rotation(self._settings(), times, vonage_accounts_url)
        )

    def preload(self) -> None:
        """Build the use cases now, and put off what a join does not need.

        A missing setting is not an error until the first request.
        """
        put_off()
        with suppress(NotConfigured):
            self.use_cases()

    def prefetch(self) -> Callable[[], None]:
        """Begin to fetch what the first join needs. Return what waits for the end."""
        from chalicelib.composition.prefetch import Prefetch

        try:
            return Prefetch(self._ports().prefetch).finish
        except NotConfigured:
            return lambda: None


def _connect(settings: Settings, times: SwitchTimes) -> "Ports":
    from chalicelib.composition.ports import connect

    return connect(settings, times)


def _rotation(
    settings: Settings, times: SwitchTimes, vonage_accounts_url: str | None
) -> "RotateCredentials":
    from chalicelib.composition.rotation import wire_rotation

    return wire_rotation(settings, times, vonage_accounts_url)


def _build(settings: Settings, ports: "Ports") -> UseCases:
    from chalicelib.composition.policy import Policy
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
    return wire(ports, policy, utc_now, lambda: uuid4().hex, _new_code)


def _new_code() -> str:
    """Return the code of an invitation: 160 random bits in 27 characters."""
    return token_urlsafe(20)
