"""Settings of API Gateway that Chalice cannot set, and resets with each deployment."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NotRequired, TypedDict

from chalicelib.api.http.responses import title_of
from chalicelib.settings import cors_origin
from deploy.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_apigateway.literals import GatewayResponseTypeType
    from mypy_boto3_apigateway.type_defs import PatchOperationTypeDef

_GATEWAY_RESPONSES: "Final[dict[GatewayResponseTypeType, tuple[HTTPStatus, str]]]" = {
    # If no route matches, API Gateway asks for AWS's signature.
    "MISSING_AUTHENTICATION_TOKEN": (HTTPStatus.NOT_FOUND, "no_such_route"),
    "RESOURCE_NOT_FOUND": (HTTPStatus.NOT_FOUND, "no_such_route"),
    "INVALID_SIGNATURE": (HTTPStatus.NOT_FOUND, "no_such_route"),
    "BAD_REQUEST_BODY": (HTTPStatus.BAD_REQUEST, "bad_request"),
    "BAD_REQUEST_PARAMETERS": (HTTPStatus.BAD_REQUEST, "bad_request"),
    "ACCESS_DENIED": (HTTPStatus.FORBIDDEN, "access_denied"),
    "WAF_FILTERED": (HTTPStatus.FORBIDDEN, "access_denied"),
    "REQUEST_TOO_LARGE": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large"),
    "UNSUPPORTED_MEDIA_TYPE": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
    "THROTTLED": (HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests"),
    "QUOTA_EXCEEDED": (HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests"),
    "INTEGRATION_FAILURE": (HTTPStatus.GATEWAY_TIMEOUT, "no_answer"),
    "INTEGRATION_TIMEOUT": (HTTPStatus.GATEWAY_TIMEOUT, "no_answer"),
    "API_CONFIGURATION_ERROR": (HTTPStatus.INTERNAL_SERVER_ERROR, "internal"),
}
"""Status and error code for each error response that API Gateway itself can send."""

_OTHERS: "Final[dict[GatewayResponseTypeType, str]]" = {
    "DEFAULT_4XX": "refused_by_gateway",
    "DEFAULT_5XX": "internal",
}
"""The error code of all other responses."""
_RETRY_AFTER_SECONDS: Final = {
    HTTPStatus.TOO_MANY_REQUESTS: "1",
    HTTPStatus.GATEWAY_TIMEOUT: "5",
}


class GatewayResponse(TypedDict):
    """A response in the words of API Gateway's calls, which are those of its documents, too."""

    statusCode: NotRequired[str]
    responseParameters: dict[str, str]
    responseTemplates: dict[str, str]


@dataclass(frozen=True, slots=True)
class Throttle:
    """A limit of requests: to one method of the API, or to all without limits of their own.

    Args:
        path: The path as API Gateway writes it for throttles. A `*` is for all paths.
        method: The HTTP method, or `*`.
        per_second: The rate above which API Gateway answers 429.
        burst: The number of requests above the rate that it accepts at once.
    """

    path: str
    method: str
    per_second: int
    burst: int


def throttles(stage: Stage) -> tuple[Throttle, ...]:
    """Return the limits of a stage.

    Anybody may ask for a guest's token, so that route has a throttle of its own. A flood of it
    leaves members their share of the stage's.
    """
    limits = stage.limits
    return (
        Throttle("*", "*", limits.requests_per_second, limits.burst),
        Throttle("~1invitations~1tokens", "POST", limits.guests_per_second, limits.guest_burst),
    )


def gateway_responses(stage: Stage) -> "dict[GatewayResponseTypeType, GatewayResponse]":
    """Return API Gateway's own error responses in our format and with CORS, by their types."""
    origin = cors_origin(stage.environment)
    responses: dict[GatewayResponseTypeType, GatewayResponse] = {
        name: {
            "statusCode": str(status.value),
            "responseParameters": _headers(origin, _RETRY_AFTER_SECONDS.get(status)),
            "responseTemplates": _template(code, status),
        }
        for name, (status, code) in _GATEWAY_RESPONSES.items()
    }
    # The others keep their status, which a template cannot contain.
    for rest, code in _OTHERS.items():
        responses[rest] = {
            "responseParameters": _headers(origin),
            "responseTemplates": _template(code),
        }
    return responses


def set_gateway_responses(api_id: str, stage: Stage, client: "APIGatewayClient") -> int:
    """Give API Gateway's own error responses our format and CORS. Return their number."""
    responses = gateway_responses(stage)
    for name, response in responses.items():
        client.put_gateway_response(restApiId=api_id, responseType=name, **response)
    client.create_deployment(
        restApiId=api_id,
        stageName=stage.gateway_stage,
        description="With gateway responses, after chalice deploy",
    )
    return len(responses)


def limit_requests(api_id: str, stage: Stage, client: "APIGatewayClient") -> None:
    """Throttle the whole stage, to limit the cost of a caller that sends too many requests."""
    client.update_stage(
        restApiId=api_id,
        stageName=stage.gateway_stage,
        patchOperations=[
            operation for each in throttles(stage) for operation in _patch_operations(each)
        ],
    )


def _patch_operations(throttle: Throttle) -> "Iterator[PatchOperationTypeDef]":
    for name, value in (("rateLimit", throttle.per_second), ("burstLimit", throttle.burst)):
        path = f"/{throttle.path}/{throttle.method}/throttling/{name}"
        yield {"op": "replace", "path": path, "value": str(value)}


def _headers(origin: str, retry_after: str | None = None) -> dict[str, str]:
    headers = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Headers": "Authorization,Content-Type",
        "Access-Control-Expose-Headers": "Retry-After,Location",
        "Cache-Control": "no-store",
    }
    if retry_after is not None:
        headers["Retry-After"] = retry_after
    return {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()}


def _template(code: str, status: HTTPStatus | None = None) -> dict[str, str]:
    """Build the response body for each content type.

    API Gateway replaces the variables that begin with `$`. The value of `messageString` includes
    its quotes.
    """
    members = {"type": "about:blank", "title": title_of(status) if status else "Error"}
    text = json.dumps(members)[:-1]
    if status is not None:
        text += f', "status": {status.value}'
    text += f', "detail": $context.error.messageString, "code": "{code}"'
    text += ', "requestId": "$context.requestId"}'
    return {"application/json": text, "application/problem+json": text}
