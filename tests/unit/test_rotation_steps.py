"""The edge of the function that rotates, where the rotation itself has a fault."""

import pytest

from chalicelib.api.http.request_log import RequestLog
from chalicelib.api.rotation_steps import RotationFailedError, RotationSteps

SECRET = "s3cr3t"
EVENT = {
    "Step": "createSecret",
    "ClientRequestToken": "new",
    "SecretId": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:roomkey/dev/opentok-AbCdEf",
}


def test_a_fault_ends_the_step_and_is_logged_without_what_it_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> None:
        raise LookupError(SECRET)

    steps = RotationSteps(broken, RequestLog("INFO"), "roomkey/dev/opentok")  # type: ignore[arg-type]
    with pytest.raises(RotationFailedError, match="createSecret: internal") as failed:
        steps.run(EVENT, None)

    (record,) = caplog.records
    fields = vars(record)["fields"]
    assert (record.levelname, fields["code"]) == ("ERROR", "internal")
    assert fields["note"] == "LookupError"
    assert SECRET not in f"{fields}{failed.value!r}"
