"""The end of a command: what went wrong is told apart, and its remedy fits."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
)

from chalicelib.errors import StoreUnavailable
from deploy.errors import DeployError
from deploy.reporting import exit_status


def said(error: BaseException, capsys: pytest.CaptureFixture[str]) -> str:
    def fail() -> None:
        raise error

    status = exit_status(fail)
    assert status == (130 if isinstance(error, KeyboardInterrupt) else 1)
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err


def test_a_command_that_succeeds_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(lambda: None) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("kind", [EndpointConnectionError, ConnectTimeoutError])
def test_a_network_that_is_lost_on_the_way_is_no_missing_permission(
    kind: Callable[..., BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(kind(endpoint_url="https://dynamodb.eu-wst-1.amazonaws.com/"), capsys)

    assert text.startswith("\nStopped: AWS cannot be reached: ")
    assert "dynamodb.eu-wst-1.amazonaws.com" in text
    assert "Check the network, any proxy (HTTPS_PROXY) and the region." in text
    assert "permission" not in text
    assert "refused" not in text


def test_a_call_that_aws_refuses_may_need_a_permission(capsys: pytest.CaptureFixture[str]) -> None:
    refusal = {"Code": "AccessDeniedException", "Message": "not you"}

    text = said(ClientError({"Error": cast("Any", refusal)}, "GetItem"), capsys)
    assert "AWS refused a call: " in text
    assert "not you" in text
    assert "If a permission is missing, docs/rights.md says" in text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (DeployError("What.", "Remedy."), "\nStopped: What.\nRemedy.\n"),
        (StoreUnavailable("busy", note="the table"), "\nStopped: the table\nRun this again.\n"),
        (KeyboardInterrupt(), "\nStopped. Run this again to continue.\n"),
    ],
)
def test_what_our_own_code_says_is_said_as_it_is(
    error: BaseException, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(error, capsys) == text


def test_what_never_left_this_machine_was_not_refused_by_aws(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = said(ParamValidationError(report="Unknown parameter"), capsys)

    assert text.startswith("\nStopped: A call to AWS cannot be made: ")
