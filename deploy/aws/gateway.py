"""Step 4: what Chalice cannot set on API Gateway, and undoes with each of its deployments."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from chalicelib.settings import cors_origin
from deploy.stage import Stage

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_apigateway.literals import GatewayResponseTypeType
    from mypy_boto3_apigateway.type_defs import PatchOperationTypeDef

_OWN_ANSWERS: "Final[dict[GatewayResponseTypeType, tuple[HTTPStatus, str]]]" = {
    # What no route matches, API Gateway takes for a route that wants AWS's own signature.
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
"""API Gateway's own answers that this API can give, as our problems."""

_RETRY_AFTER_SECONDS: Final = {
    HTTPStatus.TOO_MANY_REQUESTS: "1",
    HTTPStatus.GATEWAY_TIMEOUT: "5",
}


def set_own_answers(api_id: str, stage: Stage, client: "APIGatewayClient") -> int:
    """Give API Gateway's own answers our shape and CORS, and deploy them; how many there are."""
    origin = cors_origin(stage.environment)
    for name, (status, code) in _OWN_ANSWERS.items():
        client.put_gateway_response(
            restApiId=api_id,
            responseType=name,
            statusCode=str(status.value),
            responseParameters=_headers(origin, _RETRY_AFTER_SECONDS.get(status)),
            responseTemplates=_template(code, status),
        )
    # The rest keep their status, which a template cannot name.
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
    return len(_OWN_ANSWERS) + 2


def limit_requests(api_id: str, stage: Stage, client: "APIGatewayClient") -> None:
    """Throttle the stage as a whole, so that one caller's flood is not everybody's bill."""
    limits = stage.limits
    client.update_stage(
        restApiId=api_id,
        stageName=stage.gateway_stage,
        patchOperations=[
            _limit("rateLimit", limits.requests_per_second),
            _limit("burstLimit", limits.burst),
        ],
    )


def _limit(name: str, value: int) -> "PatchOperationTypeDef":
    return {"op": "replace", "path": f"/*/*/throttling/{name}", "value": str(value)}


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
    """The body for callers that ask for JSON, and for all others.

    API Gateway fills in what begins with `$`; `messageString` brings its own quotes.
    """
    members = {"type": "about:blank", "title": status.phrase if status else "Error"}
    text = json.dumps(members)[:-1]
    if status is not None:
        text += f', "status": {status.value}'
    text += f', "detail": $context.error.messageString, "code": "{code}"'
    text += ', "requestId": "$context.requestId"}'
    return {"application/json": text, "application/problem+json": text}
