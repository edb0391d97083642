"""Chalice's plan of a stage: its functions, roles, schedules and API."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalice.config import Config
from chalice.deploy import models
from chalice.deploy.appgraph import ApplicationGraphBuilder, DependencyBuilder
from chalice.deploy.swagger import CFNSwaggerGenerator

from app import build_app
from deploy.stage import Stage


@dataclass(frozen=True, slots=True)
class PlannedFunction:
    """A function with its role, as Chalice would deploy them.

    Args:
        model: Chalice's description of the function.
        role: Chalice's description of its role.
        policy: The policy of the function's role.
        schedules: The rules that start the function.
    """

    model: models.LambdaFunction
    role: models.ManagedIAMRole
    policy: Mapping[str, Any]
    schedules: tuple[models.ScheduledEvent, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that Chalice would deploy.

    Args:
        functions: The functions.
        api: Chalice's description of the API.
        swagger: The API's routes, in CloudFormation's form.
    """

    functions: tuple[PlannedFunction, ...]
    api: models.RestAPI
    swagger: Mapping[str, Any]


def plan_of(stage: Stage) -> Plan:
    """Return Chalice's plan of a stage, made as `chalice package` makes it.

    Raises:
        TypeError: Chalice would deploy a thing that no export knows.
    """
    config = Config(
        stage.name,
        config_from_disk=stage.chalice_config,
        user_provided_params={
            "project_dir": str(stage.project),
            "chalice_app": build_app(stage.environment),
        },
    )
    graph = ApplicationGraphBuilder().build(config, stage.name)
    found = tuple(DependencyBuilder().build_dependencies(graph))
    for each in found:
        if not isinstance(each, _KNOWN):
            raise TypeError(f"no export knows a {type(each).__name__}")
    (api,) = (each for each in found if isinstance(each, models.RestAPI))
    functions = tuple(
        _planned(each, found) for each in found if isinstance(each, models.LambdaFunction)
    )
    return Plan(functions, api, CFNSwaggerGenerator().generate_swagger(config.chalice_app, api))


_KNOWN = (
    models.DeploymentPackage,
    models.FileBasedIAMPolicy,
    models.LambdaFunction,
    models.ManagedIAMRole,
    models.RestAPI,
    models.ScheduledEvent,
)


def _planned(function: models.LambdaFunction, found: tuple[models.Model, ...]) -> PlannedFunction:
    role = function.role
    if not isinstance(role, models.ManagedIAMRole) or not isinstance(
        role.policy, models.FileBasedIAMPolicy
    ):
        raise TypeError(f"{function.function_name} has no role with a policy of its own")
    policy = json.loads(Path(role.policy.filename).read_text(encoding="utf-8"))
    return PlannedFunction(function, role, policy, tuple(_schedules(function, found)))


def _schedules(
    function: models.LambdaFunction, found: tuple[models.Model, ...]
) -> Iterator[models.ScheduledEvent]:
    for each in found:
        if isinstance(each, models.ScheduledEvent) and each.lambda_function is function:
            yield each
