"""An AWS account: moto with additions that the deployment needs."""

import io
import json
import threading
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final, Self
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import boto3
from botocore.config import Config
from werkzeug.wrappers import Request, Response

from stand_ins.aws.rotation import SecretRotation
from stand_ins.aws.stand_in import AwsStandIn
from stand_ins.http.server import HttpServer
from stand_ins.lambda_runtime.environment import FUNCTION
from tests.rehearsal.api_gateway import ApiGateway
from tests.rehearsal.aws_calls import AwsCall, call_of
from tests.rehearsal.event_bridge import EventBridge
from tests.rehearsal.functions import Functions
from tests.rehearsal.openapi import as_moto_takes_it
from tests.rehearsal.operators import BOUNDARY, Operators
from tests.rehearsal.place import ACCOUNT, REGION
from tests.rehearsal.policies import allowed_by, needs
from tests.rehearsal.rights import policy
from tests.rehearsal.stacks import complete_stack

_NOT_IN_MOTO: Final = frozenset({"apigateway:TagResource", "logs:AssociateKmsKey"})
"""Calls that are judged, and change nothing."""
_IMPORTS: Final = frozenset({"ImportRestApi", "PutRestApi"})


class AwsAccount:
    """The account as one WSGI app, with a log of all calls in their order."""

    def __init__(self, functions: Functions) -> None:
        self._stand_in = AwsStandIn()
        self._direct = HttpServer(self._stand_in.wsgi_app)
        self._functions = functions
        self._lock = threading.RLock()
        self._refused: list[tuple[str, str]] = []
        self.calls: list[AwsCall] = []
        self.documents: list[dict[str, Any]] = []
        """Every imported Swagger document, unchanged."""
        self.used_by_functions: set[tuple[str, str, str]] = set()
        """The actions that each function needed, each with its resource."""
        self.role_policies: dict[str, dict[str, Any]] = {}
        """Each role's policy, unchanged."""
        self.operators = Operators()
        self.api_gateway = ApiGateway(functions.invoke)
        self.event_bridge = EventBridge(self.client, functions.invoke)

    @property
    def wsgi_app(self) -> WSGIApplication:
        return self._answer

    def __enter__(self) -> Self:
        self._stand_in.reset()
        self._direct.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._direct.stop()

    def client(self, service: str) -> Any:
        """Return a client for tests that inspect the account; its calls are not in the log."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self._direct.url,
            region_name=REGION,
            aws_access_key_id="rehearsal",
            aws_secret_access_key="rehearsal",
            config=Config(proxies={}),
        )

    def refuse_next(self, action: str, about: str) -> None:
        """Let the next call fail that names this; `action` is one like `lambda:AddPermission`."""
        self._refused.append((action, about))

    def actions(self, since: int = 0) -> list[str]:
        """Return the actions called, in order."""
        return [call.action for call in self.calls[since:]]

    def _answer(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        body = Request(environ).get_data()
        call = call_of(environ, body)
        with self._lock:
            self.calls.append(call)
            if not self._allows(call):
                return _refusal(call)(environ, start)
        if call.action == "lambda:Invoke":
            name = call.path.split("/")[3]
            function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
            self._functions.invoke_later(function, json.loads(body))
            return Response(status=HTTPStatus.ACCEPTED)(environ, start)
        if call.action == "secretsmanager:RotateSecret":
            self._set_up_rotation(call.parameters)
            return Response("{}", content_type="application/x-amz-json-1.1")(environ, start)
        if call.action in _NOT_IN_MOTO:
            return Response("{}", content_type="application/json")(environ, start)
        document: dict[str, Any] = {}
        if call.operation in _IMPORTS:
            document = json.loads(body)
            self.documents.append(document)
            body = json.dumps(as_moto_takes_it(document)).encode()
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        answer = Response.from_app(self._stand_in.wsgi_app, environ, buffered=True)
        if answer.status_code < HTTPStatus.BAD_REQUEST:
            self._follow(call, document, answer)
        return answer(environ, start)

    def _allows(self, call: AwsCall) -> bool:
        """Return True if the caller may make this call.

        Operators may do what their policies allow. Functions may do what both their role and its
        boundary allow.
        """
        for action, about in self._refused:
            if call.action == action and about in f"{call.path} {call.parameters}":
                self._refused.remove((action, about))
                return False
        if not call.caller.startswith(FUNCTION):
            return self.operators.allow(call)
        function = call.caller.removeprefix(FUNCTION)
        needed = needs(call, REGION, ACCOUNT)
        self.used_by_functions.update((function, *each) for each in needed)
        role = self._functions.role(function)
        policies = [self.role_policies[role]]
        if self.operators.known.boundaries.get(role) == BOUNDARY:
            policies.append(policy("boundary-policy"))
        return all(allowed_by(each, need) for each in policies for need in needed)

    def rotation(self, secret_id: str, function: str) -> SecretRotation:
        """Return the rotation of a secret by the function of this ARN."""
        return SecretRotation(
            secret_id, REGION, lambda event: self._functions.invoke(function, event)
        )

    def _set_up_rotation(self, given: Mapping[str, Any]) -> None:
        function = given["RotationLambdaARN"]
        policy = json.loads(self.client("lambda").get_policy(FunctionName=function)["Policy"])
        callers = [each["Principal"] for each in policy["Statement"]]
        if {"Service": "secretsmanager.amazonaws.com"} not in callers:
            raise PermissionError(f"Secrets Manager may not call {function}")
        days = given["RotationRules"]["AutomaticallyAfterDays"]
        self.rotation(given["SecretId"], function).schedule(function, days)

    def _follow(self, call: AwsCall, document: dict[str, Any], answer: Response) -> None:
        """Add the effects that such a call has on real AWS, but not in moto."""
        self.operators.note(call)
        match call.service:
            case "apigateway":
                imported = call.operation == "ImportRestApi"
                api_id = json.loads(answer.get_data())["id"] if imported else _api_id(call.path)
                self.api_gateway.note(call, document, api_id)
            case "iam" if call.operation == "PutRolePolicy":
                self.role_policies[call.parameters["RoleName"]] = json.loads(
                    call.parameters["PolicyDocument"]
                )
            case "lambda":
                self._functions.note(call)
            case "cloudformation":
                complete_stack(call, self.client)


def _api_id(path: str) -> str:
    parts = path.split("/")
    return parts[2] if len(parts) > 2 else ""


def _refusal(call: AwsCall) -> Response:
    content = {"__type": "AccessDeniedException", "message": f"no {call.action} for you"}
    headers = {"x-amzn-ErrorType": "AccessDeniedException"}
    return Response(
        json.dumps(content), HTTPStatus.FORBIDDEN, headers, content_type="application/json"
    )
