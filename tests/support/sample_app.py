"""An official sample app: it sends no credentials, and what the real ones send."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from tests.support.gateway import Reply
from tests.support.live import Live, running_live
from tests.support.sample_clients import Schema
from tests.support.stand_ins import StandIns

ROOM = "demo"


@dataclass(frozen=True)
class SampleApp:
    """In the first sample room, with a connection that publishes."""

    live: Live
    session_id: str
    token: str

    def get(self, path: str) -> Reply:
        return self.live.gateway.request("GET", path)

    def post(self, path: str, **body: object) -> Reply:
        """As JSON, or with no body at all where none is given."""
        text = json.dumps(body) if body else None
        headers = {"Content-Type": "application/json"}
        return self.live.gateway.request("POST", path, body=text, headers=headers)

    def about_session(self, path: str, **more: object) -> Reply:
        return self.post(path, sessionId=self.session_id, **more)

    def move_archive(self, archive_id: str, status: str) -> None:
        """Let it become that, and us be told."""
        self.live.stand_ins.opentok.move_archive(archive_id, status)
        self.live.settle()


def parsed(reply: Reply, schema: Schema) -> Any:
    """The answer as an app reads it: it succeeded, and has what the app insists on."""
    assert reply.status == 200, reply.text
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(reply.json)
    return reply.json


@contextmanager
def running_sample_app(stand_ins: StandIns, **settings: str) -> Iterator[SampleApp]:
    served = {"SAMPLE_APPS": "on", "SAMPLE_ROOMS": f"{ROOM},other", "SAMPLE_RECORDING": "on"}
    with running_live(stand_ins, **(served | settings)) as live:
        session = live.gateway.request("GET", "/session").json
        live.publish(live.connect(session["token"]))
        live.settle()
        yield SampleApp(live, session["sessionId"], session["token"])
