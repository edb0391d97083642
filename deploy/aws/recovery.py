"""Recovery of the resources that an interrupted deployment created.

Chalice writes its state file at the end of a deployment. After an interruption, it does not know
the resources that it created. It would create a second API with another URL, and `chalice delete`
would leave functions that run every minute.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from deploy.account import Account
from deploy.stage import Stage

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

_ABSENT: Final = frozenset({"NoSuchEntity", "ResourceNotFoundException"})


def recover_state(stage: Stage, account: Account) -> None:
    """Add the account's resources with this stage's names to Chalice's file."""
    file = stage.deployed_file
    known = json.loads(file.read_text(encoding="utf-8"))["resources"] if file.exists() else []
    names = {each["name"] for each in known}
    found = [
        *(each for each in _functions(stage, account) if each["name"] not in names),
        *(() if "rest_api" in names else _api(stage, account)),
    ]
    if not found:
        return
    content = {"resources": [*known, *found], "schema_version": "2.0", "backend": "api"}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=2), encoding="utf-8")


def found_resources(stage: Stage, account: Account) -> list[dict[str, Any]]:
    """Return the account's resources with this stage's names, in Chalice's format."""
    return [*_functions(stage, account), *_api(stage, account)]


def _functions(stage: Stage, account: Account) -> Iterator[dict[str, Any]]:
    """Yield each function, its role and its schedule rule in Chalice's format."""
    session = account.session
    iam, lambdas, events = session.client("iam"), session.client("lambda"), session.client("events")
    for name, function in stage.functions.items():
        role = _unless_absent(iam.get_role, RoleName=f"{stage.stack}-{name}")
        if role is not None:
            arn, role_name = role["Role"]["Arn"], role["Role"]["RoleName"]
            yield _resource(f"{name}_role", "iam_role", role_arn=arn, role_name=role_name)
        found = _unless_absent(lambdas.get_function_configuration, FunctionName=function)
        if found is not None:
            yield _resource(name, "lambda_function", lambda_arn=found["FunctionArn"])
        rule = f"{function}-event"
        if name in stage.scheduled and _unless_absent(events.describe_rule, Name=rule) is not None:
            yield _resource(f"{name}-event", "cloudwatch_event", rule_name=rule)


def _api(stage: Stage, account: Account) -> Iterator[dict[str, Any]]:
    client = account.session.client("apigateway")
    api_id = _api_in_front_of(stage, client)
    if api_id is not None:
        domain = client.meta.endpoint_url.partition(account.region)[2]
        url = f"https://{api_id}.execute-api.{account.region}{domain}/{stage.gateway_stage}/"
        yield _resource("rest_api", "rest_api", rest_api_id=api_id, rest_api_url=url)


def _resource(name: str, kind: str, **values: str) -> dict[str, Any]:
    return {"name": name, "resource_type": kind, **values}


def _unless_absent(
    call: Callable[..., Mapping[str, Any]], **arguments: str
) -> Mapping[str, Any] | None:
    try:
        return call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _ABSENT:
            raise
        return None


def _api_in_front_of(stage: Stage, client: "APIGatewayClient") -> str | None:
    """Find the API that calls the stage's function. The APIs of all stages have the same name."""
    for page in client.get_paginator("get_rest_apis").paginate():
        for api in page["items"]:
            if api["name"] == stage.config["app_name"] and _calls(
                api["id"], f":function:{stage.function}/", client
            ):
                return api["id"]
    return None


def _calls(api_id: str, function: str, client: "APIGatewayClient") -> bool:
    for resource in client.get_resources(restApiId=api_id, embed=["methods"])["items"]:
        for method in resource.get("resourceMethods", {}).values():
            if function in method.get("methodIntegration", {}).get("uri", ""):
                return True
    return False
