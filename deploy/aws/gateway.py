"""Settings of API Gateway that Chalice cannot set, and resets with each deployment."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from chalicelib.settings import cors_origin
from deploy.stage import Stage

if TYPE_CHECKING:
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

_RETRY_AFTER_SECONDS: Final = {
    HTTPStatus.TOO_MANY_REQUESTS: "1",
    HTTPStatus.GATEWAY_TIMEOUT: "5",
}


_GUESTS: Final = "~1invitations~1tokens/POST"
"""The route by which guests get tokens, as API Gateway writes the methods that it throttles."""


def set_gateway_responses(api_id: str, stage: Stage, client: "APIGatewayClient") -> int:
    """Give API Gateway's own error responses our format and CORS. Return their number."""
    origin = cors_origin(stage.environment)
    for name, (status, code) in _GATEWAY_RESPONSES.items():
        client.put_gateway_response(
            restApiId=api_id,
            responseType=name,
            statusCode=str(status.value),
            responseParameters=_headers(origin, _RETRY_AFTER_SECONDS.get(status)),
            responseTemplates=_template(code, status),
        )
    # The others keep their status, which a template cannot contain.
    for rest in ("DEFAULT_4XX", "DEFAULT_5XX"):
        client.put_gateway_response(
            restApiId=api_id,
            responseType=rest,
            responseParameters=_headers(origin),
            responseTemplates=_template("refused_by_gateway" if "4" in rest else "internal"),
        )
    client.create_deployment(
        restApiId=api_id,
        stageName=stage.gateway_stage,
        description="With gateway responses, after chalice deploy",
    )
    return len(_GATEWAY_RESPONSES) + 2


def limit_requests(api_id: str, stage: Stage, client: "APIGatewayClient") -> None:
    """Throttle the whole stage, to limit the cost of a caller that sends too many requests.

    Anybody may ask for a guest's token, so that route has a throttle of its own. A flood of it
    leaves members their share of the stage's.
    """
    limits = stage.limits
    client.update_stage(
        restApiId=api_id,
        stageName=stage.gateway_stage,
        patchOperations=[
            _limit("*/*", "rateLimit", limits.requests_per_second),
            _limit("*/*", "burstLimit", limits.burst),
            _limit(_GUESTS, "rateLimit", limits.guests_per_second),
            _limit(_GUESTS, "burstLimit", limits.guest_burst),
        ],
    )


def _limit(method: str, name: str, value: int) -> "PatchOperationTypeDef":
    return {"op": "replace", "path": f"/{method}/throttling/{name}", "value": str(value)}


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
    members = {"type": "about:blank", "title": status.phrase if status else "Error"}
    text = json.dumps(members)[:-1]
    if status is not None:
        text += f', "status": {status.value}'
    text += f', "detail": $context.error.messageString, "code": "{code}"'
    text += ', "requestId": "$context.requestId"}'
    return {"application/json": text, "application/problem+json": text}
