"""Step 3: the functions and the API, deployed by Chalice."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TextIO

from botocore.exceptions import ClientError

from deploy.account import Account
from deploy.aws.audit import copy_audit_lines
from deploy.aws.demands import meet_demands
from deploy.aws.recovery import found_resources, recover_state
from deploy.aws.resources import Resources
from deploy.aws.schedules import limit_runs
from deploy.errors import DeployError
from deploy.packaging.chalice_command import run_chalice
from deploy.packaging.package import Package
from deploy.stage import Stage
from deploy.state import DeployedState

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient


@dataclass(frozen=True, slots=True)
class Deployed:
    """The resources of a stage that Chalice deployed."""

    api_id: str
    url: str
    functions: tuple[str, ...]
    overlapping: tuple[str, ...] = ()
    """Functions whose runs are not limited, because no concurrency could be reserved."""


def deploy_functions(
    stage: Stage,
    account: Account,
    package: Package,
    state: DeployedState,
    *,
    environ: Mapping[str, str],
    output: TextIO,
) -> Deployed:
    """Run `chalice deploy` with this package, and store its state in the stage's bucket.

    Raises:
        DeployError: Chalice failed, or uploaded another package.
    """
    if not state.fetch():
        recover_state(stage, account)
    run_chalice("deploy", stage, environ, account.region, output)
    state.store()
    deployed = read_deployed(stage)
    lambdas = account.session.client("lambda")
    for function in deployed.functions:
        _check_code(function, package, lambdas)
        _set_log_retention(
            function, stage.limits.log_retention_days, account.session.client("logs")
        )
    meet_demands(stage, account, deployed.api_id)
    copier = Resources(stage, account.session.client("cloudformation")).output("AuditCopier")
    if copier is not None:
        copy_audit_lines(deployed.functions, copier, account.session.client("logs"))
    overlapping = (
        each for each, at_once in stage.at_once.items() if not limit_runs(each, at_once, lambdas)
    )
    return replace(deployed, overlapping=tuple(overlapping))


def find_deployed(stage: Stage, account: Account) -> Deployed:
    """Return the deployed resources of the stage, also if another clone or tool deployed it.

    Raises:
        DeployError: The stage is not deployed, or has no API yet.
    """
    bucket = Resources(stage, account.session.client("cloudformation")).output("StateBucket")
    if bucket is None:
        # Terraform makes no stack, and what it makes has the same names.
        return _deployed(stage, found_resources(stage, account))
    state = DeployedState(stage, account, bucket, account.session.client("s3"))
    if not state.fetch():
        recover_state(stage, account)
    if not stage.deployed_file.exists():
        raise _not_deployed(stage)
    return read_deployed(stage)


def read_deployed(stage: Stage) -> Deployed:
    """Read the stage's resources from Chalice's file.

    Raises:
        DeployError: The file names no API.
    """
    return _deployed(stage, json.loads(stage.deployed_file.read_text("utf-8"))["resources"])


def _deployed(stage: Stage, resources: list[dict[str, Any]]) -> Deployed:
    api = next((each for each in resources if each["resource_type"] == "rest_api"), None)
    if api is None:
        raise _not_deployed(stage)
    functions = (
        each["lambda_arn"].rpartition(":")[2]
        for each in resources
        if each["resource_type"] == "lambda_function"
    )
    return Deployed(api["rest_api_id"], api["rest_api_url"], tuple(functions))


def _not_deployed(stage: Stage) -> DeployError:
    return DeployError(f"Stage {stage.name} is not deployed.", f"make deploy STAGE={stage.name}")


def _check_code(function: str, package: Package, lambdas: "LambdaClient") -> None:
    deployed = lambdas.get_function_configuration(FunctionName=function)["CodeSha256"]
    if deployed != package.sha256:
        raise DeployError(
            f"{function} does not run the package that was built: Chalice built another.",
            "A file changed during the deployment: app.py, chalicelib or requirements.txt. "
            "Run this again.",
        )


def _set_log_retention(function: str, days: int, logs: "CloudWatchLogsClient") -> None:
    """Set the retention of the function's log, because Chalice sets it on the wrong log group.

    Chalice names the API's log group `/aws/lambda/roomkey-dev-api_handler` after the handler. The
    function is `roomkey-dev`.
    """
    group = f"/aws/lambda/{function}"
    try:
        logs.create_log_group(logGroupName=group)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise
    logs.put_retention_policy(logGroupName=group, retentionInDays=days)
