"""The edge of the function that rotates, where the rotation itself has a fault."""

import pytest

from chalicelib.api.http.request_log import RequestLog
from chalicelib.api.rotation_steps import RotationFailedError, RotationSteps
from tests.support.log_lines import log_lines

SECRET = "s3cr3t"
EVENT = {
    "Step": "createSecret",
    "ClientRequestToken": "new",
    "SecretId": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:roomkey/dev/opentok-AbCdEf",
}


def test_a_fault_ends_the_step_and_is_logged_without_what_it_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken() -> None:
        raise LookupError(SECRET)

    steps = RotationSteps(broken, RequestLog("INFO"), "roomkey/dev/opentok")  # type: ignore[arg-type]
    with pytest.raises(RotationFailedError, match="createSecret: internal") as failed:
        steps.run(EVENT, None)

    (line,) = log_lines(capsys)
    assert (line["level"], line["code"], line["note"]) == ("ERROR", "internal", "LookupError")
    assert SECRET not in f"{line}{failed.value!r}"
