"""Secrets Manager's rotation by a function, as AWS documents it.

moto's own rotation puts the new version in use before the function has been called, and takes no
function outside Docker.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import uuid4

from moto.secretsmanager.models import FakeSecret, secretsmanager_backends

from stand_ins.aws.state import one_at_a_time

_ACCOUNT: Final = "123456789012"  # moto's
STEPS: Final = ("createSecret", "setSecret", "testSecret", "finishSecret")
_CURRENT: Final = "AWSCURRENT"
_PENDING: Final = "AWSPENDING"


class RotationError(Exception):
    """Secrets Manager would end the rotation, and keep what the function has done."""


class SecretRotation:
    """The rotation of one secret.

    Args:
        secret_id: The secret's name.
        region: The secret's region.
        call: Calls the function with an event, and raises if the function fails.
    """

    def __init__(
        self, secret_id: str, region: str, call: Callable[[Mapping[str, str]], object]
    ) -> None:
        secret = secretsmanager_backends[_ACCOUNT][region].secrets[secret_id]
        if not isinstance(secret, FakeSecret):
            raise TypeError(f"{secret_id} is a replica")
        self._secret = secret
        self._call = call
        self.version = ""
        """The id of the version that the rotation makes."""

    def rotate(self) -> None:
        """Rotate the secret at once: all four steps.

        Raises:
            RotationError: An earlier rotation is under way, or the function did not do its part.
        """
        self.begin()
        self.repeat()

    def repeat(self) -> None:
        """Call all steps for the version at hand, as Secrets Manager does after a failure."""
        for step in STEPS:
            self._step(step)
            if not self._has_value():
                raise RotationError(f"Pending version {self.version} was not created by Lambda.")
        if _CURRENT not in self._labels():
            raise RotationError(f"Version {self.version} is not current at the end.")

    def schedule(self, function: str, days: int) -> None:
        """Set up a rotation by this function at intervals, and try it."""
        self.try_out()
        with one_at_a_time():
            self._secret.rotation_enabled = True
            self._secret.rotation_lambda_arn = function
            self._secret.auto_rotate_after_days = days

    def try_out(self) -> None:
        """Call the step `testSecret` alone, as for a rotation that is switched on for later."""
        self.begin()
        self._step("testSecret")
        with one_at_a_time():
            del self._secret.versions[self.version]

    def begin(self) -> None:
        """Add the version with which a rotation begins. It has no value.

        Raises:
            RotationError: An earlier rotation is under way.
        """
        with one_at_a_time():
            for version in self._secret.versions.values():
                labels = version["version_stages"]
                if _PENDING in labels and _CURRENT not in labels:
                    raise RotationError("A previous rotation isn't complete.")
            self.version = str(uuid4())
            self._secret.versions[self.version] = {
                "createdate": 0,
                "version_id": self.version,
                "version_stages": [_PENDING],
            }

    def _step(self, step: str) -> None:
        self._call(
            {
                "Step": step,
                "SecretId": self._secret.arn,
                "ClientRequestToken": self.version,
                "RotationToken": str(uuid4()),
            }
        )
        with one_at_a_time():
            if _CURRENT in self._labels():
                # Where no version is named, moto reads this one.
                self._secret.set_default_version_id(self.version)

    def _labels(self) -> list[str]:
        version: dict[str, Any] = self._secret.versions[self.version]
        labels: list[str] = version["version_stages"]
        return labels

    def _has_value(self) -> bool:
        with one_at_a_time():
            return "secret_string" in self._secret.versions[self.version]
