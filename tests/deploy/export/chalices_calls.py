"""The calls to AWS with which Chalice would deploy a stage that is nowhere yet."""

from typing import Any, NamedTuple

from botocore.session import Session
from chalice.awsclient import TypedAWSClient
from chalice.config import Config, DeployedResources
from chalice.deploy import models
from chalice.deploy.appgraph import ApplicationGraphBuilder, DependencyBuilder
from chalice.deploy.deployer import BuildStage, InjectDefaults, PolicyGenerator, SwaggerBuilder
from chalice.deploy.planner import PlanStage, RemoteState
from chalice.deploy.swagger import TemplatedSwaggerGenerator
from chalice.policy import AppPolicyGenerator
from chalice.utils import OSUtils

from app import build_app
from deploy.stage import Stage


class Call(NamedTuple):
    """A call by its name in Chalice's client, with its parameters."""

    name: str
    parameters: dict[str, Any]


class _Nowhere(RemoteState):
    def resource_exists(self, *_: object) -> bool:
        return False


class _NoPackage(OSUtils):
    def get_file_contents(
        self,
        filename: Any,
        binary: bool = True,
        encoding: str = "utf-8",
    ) -> Any:
        if isinstance(filename, str):
            return super().get_file_contents(filename, binary, encoding)
        return b""  # The package, which nobody has built.


def calls_for(stage: Stage) -> list[Call]:
    """Plan a stage's deployment with Chalice's own planner."""
    config = Config(
        stage.name,
        config_from_disk=stage.chalice_config,
        user_provided_params={
            "project_dir": str(stage.project),
            "chalice_app": build_app(stage.environment),
        },
    )
    resources = DependencyBuilder().build_dependencies(
        ApplicationGraphBuilder().build(config, stage.name)
    )
    files = _NoPackage()
    steps = [
        InjectDefaults(),
        PolicyGenerator(AppPolicyGenerator(files), files),
        SwaggerBuilder(TemplatedSwaggerGenerator()),
    ]
    BuildStage(steps).execute(config, resources)
    account = _Nowhere(TypedAWSClient(Session()), DeployedResources.empty())
    plan = PlanStage(account, files).execute(resources)
    return [
        Call(each.method_name, each.params)
        for each in plan.instructions
        if isinstance(each, models.APICall)
    ]
