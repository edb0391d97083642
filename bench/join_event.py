"""API Gateway's event of a join, and Lambda's context."""

from dataclasses import dataclass
from typing import Any, Final

ROUTE: Final = "/rooms/{room}/tokens"
CREATED: Final = 201


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """The part of Lambda's context that the app reads."""

    aws_request_id: str = "6bc28136-xmpl-4365-b021-0ce6b2e64ab0"
    function_name: str = "roomkey-bench"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:roomkey-bench"


def join_event(room: str, bearer: str, body: str | None = "{}") -> dict[str, Any]:
    """Build the event of `POST /rooms/{room}/tokens`, with a mobile app's headers."""
    path = f"/rooms/{room}/tokens"
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Authorization": f"Bearer {bearer}",
        "Content-Type": "application/json; charset=utf-8",
        "Host": "wt6mne2s9k.execute-api.us-east-1.amazonaws.com",
        "User-Agent": "okhttp/4.12.0",
        "X-Amzn-Trace-Id": "Root=1-5e66d96f-7491f09xmpl79d18acf3d050",
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    return {
        "resource": ROUTE,
        "path": path,
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"room": room},
        "stageVariables": None,
        "requestContext": {
            "resourceId": "2gxmpl",
            "resourcePath": ROUTE,
            "httpMethod": "POST",
            "requestTime": "22/Nov/2026:12:00:00 +0000",
            "path": f"/api{path}",
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "stage": "api",
            "domainPrefix": "wt6mne2s9k",
            "requestTimeEpoch": 1795348800000,
            "requestId": "c1d1c1d1-xmpl-4c1d-8c1d-c1d1c1d1c1d1",
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "okhttp/4.12.0"},
            "domainName": "wt6mne2s9k.execute-api.us-east-1.amazonaws.com",
            "apiId": "wt6mne2s9k",
        },
        "body": body,
        "isBase64Encoded": False,
    }
