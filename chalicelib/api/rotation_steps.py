"""The edge of the function by which Secrets Manager rotates OpenTok's credentials."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from chalicelib.api.http.request_log import RequestLog, RequestRecord
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import recording
from chalicelib.errors import Internal, NotConfigured, RoomkeyError

if TYPE_CHECKING:
    from chalicelib.core.rotation.rotate_credentials import RotateCredentials

STEPS: Final = ("createSecret", "setSecret", "testSecret", "finishSecret")
RUN_SECONDS: Final = 470.0
"""The time limit of a step where Lambda sets none. It waits for the announced switch."""
_SECONDS_TO_LOG: Final = 5.0


class RotationFailedError(Exception):
    """A step failed, so that Secrets Manager ends the rotation, and repeats it later."""


class RotationSteps:
    """The runner of the steps, which logs each.

    Args:
        rotation: Returns the rotation.
        log: The log.
        secret_id: The name of the one secret that is rotated.
    """

    def __init__(
        self, rotation: Callable[[], "RotateCredentials"], log: RequestLog, secret_id: str
    ) -> None:
        self._rotation = rotation
        self._log = log
        self._secret_id = secret_id

    def run(self, event: Mapping[str, Any], context: object) -> None:
        """Do the step that Secrets Manager asks for.

        Raises:
            RotationFailedError: The step failed. The text has the error's code, and no secret.
        """
        step = event.get("Step")
        record = RequestRecord(
            str(getattr(context, "aws_request_id", "")),
            "ROTATION",
            step if step in STEPS else "unknown",
            str(getattr(context, "function_name", "")),
        )
        with recording() as record.measurements:
            error = self._error_of(event, context)
        if error is None:
            self._log.write(record, HTTPStatus.OK, None)
            return
        failed = isinstance(error, Internal)
        status = HTTPStatus.INTERNAL_SERVER_ERROR if failed else HTTPStatus.SERVICE_UNAVAILABLE
        self._log.write(record, status, error)
        raise RotationFailedError(f"{record.route}: {error.code}") from None

    def _error_of(self, event: Mapping[str, Any], context: object) -> RoomkeyError | None:
        try:
            step, version = event.get("Step"), event.get("ClientRequestToken")
            is_ours = f":secret:{self._secret_id}-" in str(event.get("SecretId"))
            if step not in STEPS or not isinstance(version, str) or not is_ours:
                raise NotConfigured("rotation: this is no event about this stage's secret")
            self._rotation().step(step, version, _deadline(context))
        except RoomkeyError as error:
            return error
        except Exception as fault:  # noqa: BLE001  a failed step must be logged
            failed = Internal("The step failed.", note=type(fault).__name__)
            failed.__cause__ = fault
            return failed
        return None


def _deadline(context: object) -> Deadline:
    """Return the deadline of a step, before the time at which Lambda stops it."""
    left = getattr(context, "get_remaining_time_in_millis", None)
    seconds = RUN_SECONDS if left is None else left() / 1000 - _SECONDS_TO_LOG
    return Deadline(seconds)
