from typing import TYPE_CHECKING, Any, cast

import pytest

from deploy.aws.demands import leave_network
from deploy.stage import read_stage

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef

NETWORK = {"VPC_SUBNETS": "subnet-0a1", "VPC_SECURITY_GROUP": "sg-0a1"}


class RecordedLambda:
    """Lambda's client, as far as a function's network needs it."""

    def __init__(self) -> None:
        self.updated: list[dict[str, Any]] = []

    def update_function_configuration(self, **given: Any) -> None:
        self.updated.append(given)


@pytest.mark.parametrize(
    ("settings", "connected", "leaves"),
    [({}, ["subnet-0a1"], True), (NETWORK, ["subnet-0a1"], False), ({}, [], False)],
)
def test_a_function_leaves_the_network_that_the_settings_no_longer_name(
    settings: dict[str, str], connected: list[str], *, leaves: bool
) -> None:
    client, stage = RecordedLambda(), read_stage("dev").with_settings(settings)
    configuration = {"FunctionName": "roomkey-dev", "VpcConfig": {"SubnetIds": connected}}

    leave_network(
        stage,
        cast("FunctionConfigurationResponseTypeDef", configuration),
        cast("LambdaClient", client),
    )

    nothing = {"SubnetIds": [], "SecurityGroupIds": []}
    left = [{"FunctionName": "roomkey-dev", "VpcConfig": nothing}]
    assert client.updated == (left if leaves else [])
