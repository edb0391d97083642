"""An API that an interrupted first deployment made, found again.

Chalice writes down what it made when all is done. What it made before it was interrupted it does
not find again, and makes a second API with another URL.
"""

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from deploy.account import Account
from deploy.stage import API_FUNCTION, Stage

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient


def recover_state(stage: Stage, account: Account) -> None:
    """Write Chalice's file from what is in the account, if there is an API of this stage."""
    client = account.session.client("lambda")
    try:
        function = client.get_function_configuration(FunctionName=stage.function)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return
    api_id = _api_in_front_of(stage, account.session.client("apigateway"))
    if api_id is None:
        return
    content = _as_chalice_writes_it(stage, account, function["FunctionArn"], api_id)
    stage.deployed_file.parent.mkdir(parents=True, exist_ok=True)
    stage.deployed_file.write_text(json.dumps(content, indent=2), encoding="utf-8")


def _as_chalice_writes_it(
    stage: Stage, account: Account, function_arn: str, api_id: str
) -> dict[str, Any]:
    domain = account.session.client("apigateway").meta.endpoint_url.partition(account.region)[2]
    url = f"https://{api_id}.execute-api.{account.region}{domain}/{stage.gateway_stage}/"
    function = {
        "name": API_FUNCTION,
        "resource_type": "lambda_function",
        "lambda_arn": function_arn,
    }
    api = {
        "name": "rest_api",
        "resource_type": "rest_api",
        "rest_api_id": api_id,
        "rest_api_url": url,
    }
    return {"resources": [function, api], "schema_version": "2.0", "backend": "api"}


def _api_in_front_of(stage: Stage, client: "APIGatewayClient") -> str | None:
    """The API whose methods call the stage's function; every stage's API has the same name."""
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
