"""An official sample app: it sends what the real apps send, over HTTP without credentials."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import jsonschema_rs
import requests

from local.sample_apps import SampleApps
from stand_ins.http.server import HttpServer
from tests.support.live import Live, running_live, wsgi_app
from tests.support.sample_apps.sample_clients import Schema
from tests.support.servers.stand_ins import StandIns


@dataclass(frozen=True)
class SampleApp:
    """An app in the room of apps that name no room, with a connection that publishes."""

    live: Live
    url: str
    session_id: str
    token: str

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.url}{path}", timeout=10, allow_redirects=False)

    def post(self, path: str, **body: object) -> requests.Response:
        """Send JSON, or no body if none is given."""
        headers = {"Content-Type": "application/json"}
        return requests.post(f"{self.url}{path}", json=body or None, headers=headers, timeout=10)

    def about_session(self, path: str, **more: object) -> requests.Response:
        return self.post(path, sessionId=self.session_id, **more)

    def move_archive(self, archive_id: str, status: str) -> None:
        """Change an archive's status at OpenTok, and wait for the callback."""
        self.live.stand_ins.opentok.move_archive(archive_id, status)
        self.live.settle()

    def publish_in(self, room: str) -> None:
        """Join the room, and publish in it."""
        self.live.publish(self.live.connect(self.get(f"/session/{room}").json()["token"]))
        self.live.settle()


def parsed(answer: requests.Response, *schemas: Schema) -> Any:
    """Return the answer in an app's form; check its success and the fields that apps need."""
    assert answer.status_code == HTTPStatus.OK, answer.text
    for schema in schemas:
        jsonschema_rs.validator_for(schema, validate_formats=True).validate(answer.json())
    return answer.json()


def refusal(answer: requests.Response) -> tuple[int, str]:
    """Return an error's status and code; check that it has a problem's fields and a `message`."""
    problem = answer.json()
    members = {"type", "title", "status", "detail", "code", "requestId", "message"}
    assert members <= problem.keys()
    assert problem["message"] == problem["detail"] != ""
    assert problem["status"] == answer.status_code
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return answer.status_code, problem["code"]


@contextmanager
def running_sample_app(
    stand_ins: StandIns, *, recording: bool = True, **settings: str
) -> Iterator[SampleApp]:
    """Yield an app in a call, with the API and the server for sample apps in front of it."""
    with (
        running_live(stand_ins, **settings) as live,
        HttpServer(wsgi_app(live.gateway)) as api,
        HttpServer(
            SampleApps(api.url, stand_ins.identity_server.url, recording=recording).wsgi_app
        ) as server,
    ):
        session = requests.get(f"{server.url}/session", timeout=10).json()
        live.publish(live.connect(session["token"]))
        live.settle()
        yield SampleApp(live, server.url, session["sessionId"], session["token"])
