import io
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.errors import DeployError
from deploy.packaging.chalice_command import readable_output, run_chalice
from deploy.stage import Stage, read_stage

FAILURE = """\
Creating Rest API
Traceback (most recent call last):
  File "chalice/awsclient.py", line 1, in call
    raise error
botocore.exceptions.ClientError: not allowed

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "chalice/deploy/deployer.py", line 2, in deploy
    raise ChaliceDeploymentError(e)
chalice.deploy.deployer.ChaliceDeploymentError: ERROR - While deploying
"""


def test_of_a_traceback_the_errors_are_shown_without_where_they_were_raised() -> None:
    assert list(readable_output(FAILURE.splitlines(keepends=True))) == [
        "Creating Rest API",
        "botocore.exceptions.ClientError: not allowed",
        "chalice.deploy.deployer.ChaliceDeploymentError: ERROR - While deploying",
    ]


def test_what_is_indented_without_a_failure_is_shown() -> None:
    lines = ["Resources deployed:", "  - Lambda ARN: arn:aws:lambda"]

    assert list(readable_output(lines)) == lines


@pytest.fixture
def run(tmp_path: Path) -> Callable[[str], str]:
    """Run a command of Chalice's in a folder where there is no project."""
    output = io.StringIO()
    stage = Stage("dev", read_stage("dev").config, tmp_path)

    def run_it(command: str) -> str:
        run_chalice(command, stage, {}, "eu-west-1", output)
        return output.getvalue()

    return run_it


def test_a_command_that_fails_stops_the_deployment(run: Callable[[str], str]) -> None:
    with pytest.raises(DeployError, match=r"`chalice deploy` failed"):
        run("deploy")
