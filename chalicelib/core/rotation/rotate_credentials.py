"""The rotation of OpenTok's credentials, in the four steps of Secrets Manager."""

from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.ports.credentials import Credentials
from chalicelib.core.ports.operation.rotation import CredentialIssuer, CredentialVersions
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.switch_times import SwitchTimes
from chalicelib.errors import (
    NotConfigured,
    ProviderRefused,
    ProviderUnavailable,
    StoreUnavailable,
)

REPLACEMENTS: Final = 3
"""The number of attempts to have the credentials replaced."""
TRIAL_SECONDS: Final = 20.0
"""The longest time that the platform may take to accept new credentials."""
_PAUSE: Final = 0.5


class RotateCredentials:
    """Replaces the credentials with nobody refused, and no instance restarted.

    Each step can be repeated, and goes on where an earlier run has ended.

    The platform accepts one secret or key at a time, and the new one counts at once. So the last
    three steps happen in one moment, which is announced: replace, try, put in use. The steps that
    Secrets Manager calls afterwards find their work done, and check it.

    Args:
        versions: The stored credentials.
        issuer: The account that can replace credentials.
        clock: Returns the current time.
        times: The times of the switch.
    """

    def __init__(
        self,
        versions: CredentialVersions,
        issuer: CredentialIssuer,
        clock: Clock,
        times: SwitchTimes,
    ) -> None:
        self._versions = versions
        self._issuer = issuer
        self._clock = clock
        self._times = times

    def step(self, name: str, version: str, deadline: Deadline) -> None:
        """Do a step of the rotation to this version.

        Args:
            name: `createSecret`, `setSecret`, `testSecret` or `finishSecret`.
            version: The id of the version that the rotation makes.
            deadline: It must leave time to wait for the announced switch.

        Raises:
            ProviderRefused: The platform refuses the account or the new credentials.
            ProviderUnavailable: The platform gives no valid answer.
            StoreUnavailable: Secrets Manager does not answer, or the moment has passed.
            NotConfigured: What is stored is of no use, or there is no such step.
        """
        steps = {
            "createSecret": self.create,
            "setSecret": self.set,
            "testSecret": self.test,
            "finishSecret": self.finish,
        }
        if name not in steps:
            raise NotConfigured(f"rotation: there is no step {name!r}")
        steps[name](version, deadline)

    def create(self, version: str, deadline: Deadline) -> None:
        """Make new credentials. Where only the platform can make them, they are in use then."""
        if self._versions.is_current(version, deadline):
            return
        if self._versions.pending(version, deadline) is not None:
            return
        prepared = self._issuer.prepare(self._versions.current(deadline).credentials)
        if prepared is None:
            self._switch(version, deadline)
            return
        self._announce(deadline)
        self._versions.put(version, prepared, deadline)

    def set(self, version: str, deadline: Deadline) -> None:
        """Have the platform accept the new credentials alone, and put them in use."""
        self._switch(version, deadline)

    def test(self, version: str, deadline: Deadline) -> None:
        """Try the new credentials, or the current ones if there are no new ones.

        Secrets Manager asks for the latter when a rotation is switched on.
        """
        credentials = self._versions.pending(version, deadline)
        if credentials is None:
            credentials = self._versions.current(deadline).credentials
        if not self._issuer.knows(credentials, deadline):
            raise _refused("the account has other credentials on record than the secret")
        self._try(credentials, deadline)

    def finish(self, version: str, deadline: Deadline) -> None:
        """Put the new credentials in use, if they are not."""
        if not self._versions.is_current(version, deadline):
            self.test(version, deadline)
        self._versions.promote(version, deadline)

    def _switch(self, version: str, deadline: Deadline) -> None:
        if self._versions.is_current(version, deadline):
            return
        current = self._versions.current(deadline).credentials
        prepared = self._versions.pending(version, deadline)
        # After an interrupted switch, the current credentials are worth nothing: no time to lose.
        if self._issuer.knows(current, deadline):
            self._wait(self._announce(deadline), deadline)
        new = self._replace(current, prepared, deadline)
        if prepared is None:
            self._versions.put(version, new, deadline)
        elif new != prepared:
            raise _refused("the credentials were replaced by somebody else during the rotation")
        self._try(new, deadline)
        self._versions.promote(version, deadline)

    def _announce(self, deadline: Deadline) -> datetime:
        """Return the time of the switch, which is announced if it is not yet."""
        announced = self._versions.current(deadline).switch_at
        if announced is not None and self._clock() <= announced:
            return announced
        switch_at = self._clock() + timedelta(seconds=self._times.notice)
        self._versions.announce(switch_at, deadline)
        return switch_at

    def _wait(self, switch_at: datetime, deadline: Deadline) -> None:
        """Wait for the announced time.

        Raises:
            StoreUnavailable: It is another time now. No instance would hold its callers.
        """
        deadline.wait((switch_at - self._clock()).total_seconds())
        late = (self._clock() - switch_at).total_seconds()
        if not 0 <= late <= self._times.latest_start:
            raise StoreUnavailable(
                "The moment of the switch has passed; try again.",
                note=f"rotation: the switch is {late:.1f} s off its announced time",
            )

    def _replace(
        self, current: Credentials, prepared: Credentials | None, deadline: Deadline
    ) -> Credentials:
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._issuer.replace(current, prepared, deadline)
            except ProviderUnavailable:
                if attempt == REPLACEMENTS:
                    raise
                deadline.back_off(attempt)

    def _try(self, credentials: Credentials, deadline: Deadline) -> None:
        """Try credentials until the platform accepts them.

        Raises:
            ProviderRefused: It does not accept them in time.
        """
        trial = deadline.capped(TRIAL_SECONDS)
        while True:
            unavailable = None
            try:
                if self._issuer.accepts(credentials, trial):
                    return
            except ProviderUnavailable as error:
                unavailable = error
            trial.wait(_PAUSE)
            if not trial.remaining():
                raise unavailable or _refused("the platform does not accept the new credentials")


def _refused(note: str) -> ProviderRefused:
    return ProviderRefused("The credentials were not rotated.", note=f"rotation: {note}")
