"""The routes for accounts: OpenTok's account management, and Vonage's Application API.

OpenTok's are under the project, and take a JWT of the account. Vonage's are those of
`https://api.nexmo.com`, and take the account's key and secret by Basic authentication.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from stand_ins.opentok.accounts.accounts import Accounts
from stand_ins.opentok.authentication import authenticate_account
from stand_ins.opentok.callbacks.project_routes import json_body
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.rest_errors import AbsentError

_ERRORS = "https://developer.nexmo.com/api-errors"


def account_routes(
    accounts: Accounts, known: KnownCredentials, clock: Callable[[], float]
) -> Blueprint:
    routes = Blueprint("accounts", __name__)

    @routes.get("/v2/project/<key>")
    def show_project(key: str) -> Response:
        authenticate_account(request.headers, known, clock())
        return _project_answer(accounts.project(key))

    @routes.post("/v2/project/<key>/refreshSecret")
    def refresh_secret(key: str) -> Response:
        authenticate_account(request.headers, known, clock())
        return _project_answer(accounts.refresh_secret(key))

    @routes.get("/v2/applications/<application_id>")
    def show_application(application_id: str) -> Response:
        if not _is_account(known):
            return _unauthorized()
        return _application_answer(accounts.application(application_id))

    @routes.put("/v2/applications/<application_id>")
    def replace_application(application_id: str) -> Response:
        if not _is_account(known):
            return _unauthorized()
        content = json_body(dict[str, Any])
        wrong = _wrong_fields(content)
        if wrong:
            return _problem(
                HTTPStatus.BAD_REQUEST,
                "/application#payload-validation",
                "Bad Request",
                "The request failed due to validation errors",
                invalid_parameters=wrong,
            )
        return _application_answer(accounts.replace(application_id, content))

    return routes


def _is_account(known: KnownCredentials) -> bool:
    given = request.authorization
    if given is None or given.type != "basic":
        return False
    return known.accounts.get(str(given.username)) == given.password


def _wrong_fields(content: dict[str, Any]) -> list[dict[str, str]]:
    wrong = []
    if not content.get("name"):
        wrong.append({"name": "name", "reason": "is required"})
    public_key = (content.get("keys") or {}).get("public_key")
    if public_key is not None and not _is_public_key(public_key):
        wrong.append({"name": "keys.public_key", "reason": "must be a public key"})
    return wrong


def _is_public_key(pem: object) -> bool:
    try:
        load_pem_public_key(str(pem).encode())
    except ValueError:
        return False
    return True


def _project_answer(project: dict[str, Any] | None) -> Response:
    if project is None:
        raise AbsentError("Not found. No project has this key.")
    return jsonify(project)


def _application_answer(application: dict[str, Any] | None) -> Response:
    if application is None:
        detail = "ID does not exist, or you do not have access"
        return _problem(HTTPStatus.NOT_FOUND, "#invalid-id", "Not Found", detail)
    return jsonify(application)


def _unauthorized() -> Response:
    detail = "You did not provide correct credentials."
    return _problem(HTTPStatus.UNAUTHORIZED, "#unauthorized", "Unauthorized", detail)


def _problem(status: HTTPStatus, kind: str, title: str, detail: str, **more: object) -> Response:
    content = {"type": f"{_ERRORS}{kind}", "title": title, "detail": detail, **more}
    answer = jsonify({**content, "instance": "bf0ca0bf927b3b52e3cb03217e1a1ddf"})
    answer.status_code = status
    return answer
