"""Clients in a session, played by the stand-in's own routes, and plain REST calls."""

from typing import Any

import requests

from tests.stand_ins.known import API_KEY, RunningOpenTok, client_jwt, project_jwt


def join(service: RunningOpenTok, session_id: str, role: str = "publisher", data: str = "") -> str:
    """Connect with a token of this role, and return the connection's id."""
    token = client_jwt(session_id, role=role, connection_data=data)
    answer = requests.post(f"{service.url}/sim/connections", json={"token": token}, timeout=5)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["connectionId"])


def leave(service: RunningOpenTok, connection_id: str, query: str = "") -> requests.Response:
    return requests.delete(f"{service.url}/sim/connections/{connection_id}{query}", timeout=5)


def publish(service: RunningOpenTok, connection_id: str, **stream: Any) -> str:
    """Publish, and return the stream's id."""
    answer = ask_to_publish(service, connection_id, **stream)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["streamId"])


def ask_to_publish(service: RunningOpenTok, connection_id: str, **stream: Any) -> requests.Response:
    url = f"{service.url}/sim/connections/{connection_id}/streams"
    return requests.post(url, json=stream, timeout=5)


def unpublish(service: RunningOpenTok, stream_id: str, query: str = "") -> requests.Response:
    return requests.delete(f"{service.url}/sim/streams/{stream_id}{query}", timeout=5)


def rest(
    service: RunningOpenTok, method: str, path: str, *, key: str = API_KEY, **sent: Any
) -> requests.Response:
    """Make a call under the project, with its auth header unless `headers` are given."""
    headers = {"X-OPENTOK-AUTH": project_jwt(), "Accept": "application/json"}
    url = f"{service.url}/v2/project/{key}/{path}"
    return requests.request(method, url, timeout=5, **{"headers": headers, **sent})
