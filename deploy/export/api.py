"""The API of an export: routes, API Gateway's own error responses, throttles."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final

from deploy.aws.gateway import gateway_responses, throttles
from deploy.export.functions import logical_name
from deploy.export.plan import Plan
from deploy.stage import API_FUNCTION, Stage

API: Final = "RestAPI"
STAGE: Final = "ApiStage"
DEPLOYMENT: Final = "ApiDeployment"
"""The beginning of the deployment's logical name. The rest of it changes with the API."""
_HASH_DIGITS: Final = 12


def resources_of(plan: Plan, stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the API's resources by their logical names.

    CloudFormation deploys an API anew only if its deployment is a new resource. So the logical
    name of the deployment has a hash of the API.
    """
    function = logical_name(API_FUNCTION)
    body = dict(plan.swagger) | {
        "x-amazon-apigateway-gateway-responses": gateway_responses(stage),
    }
    hashed = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:_HASH_DIGITS]
    deployment = f"{DEPLOYMENT}{hashed}"
    yield (
        API,
        {
            "Type": "AWS::ApiGateway::RestApi",
            "Properties": {
                "Name": body["info"]["title"],
                "EndpointConfiguration": {"Types": [plan.api.endpoint_type]},
                "Body": body,
            },
        },
    )
    yield (
        f"{function}Permission",
        {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Ref": function},
                "Action": "lambda:InvokeFunction",
                "Principal": "apigateway.amazonaws.com",
                "SourceArn": {
                    "Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:"
                    f"${{AWS::AccountId}}:${{{API}}}/*"
                },
            },
        },
    )
    yield (
        deployment,
        {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": API}}},
    )
    yield (
        STAGE,
        {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {
                "RestApiId": {"Ref": API},
                "DeploymentId": {"Ref": deployment},
                "StageName": plan.api.api_gateway_stage,
                "MethodSettings": [
                    {
                        "ResourcePath": f"/{each.path}",
                        "HttpMethod": each.method,
                        "ThrottlingRateLimit": each.per_second,
                        "ThrottlingBurstLimit": each.burst,
                    }
                    for each in throttles(stage)
                ],
            },
        },
    )
