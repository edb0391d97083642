import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from app import app
from deploy.errors import DeployError
from deploy.opentok.callbacks import KINDS, CallbackSetup
from stand_ins.http.faults import Fault
from stand_ins.http.server import HttpServer
from stand_ins.opentok import OpenTokStandIn
from tests.deploy.dev_stage import dev_on
from tests.support.servers.stand_ins import (
    API_KEY,
    API_SECRET,
    APPLICATION_ID,
    CALLBACK_SECRET,
    CREDENTIALS,
    SECRET_ID,
    StandIns,
)

TOPICS = [topic for kind in KINDS for topic in kind.topics]
URL = "https://abc.execute-api.eu-west-1.amazonaws.com/api/"


@pytest.fixture
def stand_ins(stand_ins: StandIns) -> Iterator[StandIns]:
    """Stand-ins with an OpenTok of their own, where registrations stay."""
    opentok = OpenTokStandIn(
        projects={API_KEY: API_SECRET}, applications={APPLICATION_ID: stand_ins.vonage.public}
    )
    with HttpServer(opentok.wsgi_app) as server:
        yield replace(stand_ins, opentok=opentok, opentok_server=server)
    opentok.stop()


def set_up(
    stand_ins: StandIns, environ: dict[str, str] | None = None, **settings: str
) -> list[str]:
    """Set callbacks up, and return what the operator is told."""
    said: list[str] = []
    stage = dev_on(stand_ins, **settings)
    CallbackSetup(stage, URL, stand_ins.secretsmanager(), said.append).run(environ or {})
    return said


def test_every_event_is_registered_once(stand_ins: StandIns) -> None:
    assert len([line for line in set_up(stand_ins) if line.endswith(": registered")]) == len(TOPICS)
    again = set_up(stand_ins)
    assert len([line for line in again if line.endswith("already registered")]) == len(TOPICS)
    posts = [call for call in stand_ins.opentok.calls if call.method == "POST"]
    assert {call.path for call in posts} == {f"/v2/project/{API_KEY}/callback"}
    assert len(posts) == len(TOPICS)


def test_what_rest_cannot_do_is_reported(stand_ins: StandIns) -> None:
    stand_ins.put_secret({"applicationId": APPLICATION_ID, "privateKey": stand_ins.vonage.private})
    said = "\n".join(set_up(stand_ins))
    for kind in KINDS:
        assert (f"{URL}callbacks/{kind.name}" in said) != kind.sent_per_start
        assert f"{kind.variable}=… make callbacks STAGE=dev" in said
    assert not [call for call in stand_ins.opentok.calls if call.method == "POST"]


def test_a_new_signature_secret_becomes_the_current_one_and_the_old_one_stays(
    stand_ins: StandIns,
) -> None:
    new = {"CALLBACK_SECRET": "n3wer" * 10, "CALLBACK_SECRET_ARCHIVE": "n3west" * 10}
    said = "\n".join(set_up(stand_ins, new))
    stored = stand_ins.secretsmanager().get_secret_value(SecretId=SECRET_ID)["SecretString"]
    assert json.loads(stored) == CREDENTIALS | {
        "callbackSecrets": {
            **{kind.name: [CALLBACK_SECRET] for kind in KINDS},
            "session": ["n3wer" * 10, CALLBACK_SECRET],
            "archive": ["n3west" * 10, CALLBACK_SECRET],
        }
    }
    assert "n3we" not in said


def test_what_opentok_cannot_register_by_rest_is_reported_with_any_credentials(
    stand_ins: StandIns,
) -> None:
    said = "\n".join(set_up(stand_ins))
    for kind in KINDS:
        by_hand = kind.name in {"broadcast", "render"}
        assert (f"set the URL of {kind.label} to {URL}callbacks/{kind.name}" in said) == by_hand


def test_the_kinds_are_those_that_the_service_takes() -> None:
    paths = {path for path in app.routes if re.fullmatch(r"/callbacks/\w+", path)}
    assert {f"/callbacks/{kind.name}" for kind in KINDS} == paths


def test_the_secret_path_is_registered_and_not_shown(stand_ins: StandIns) -> None:
    said = "\n".join(set_up(stand_ins, CALLBACK_PATH_SECRET="p4th" * 10))
    assert "p4th" not in said
    assert "secure callbacks" not in said


def test_an_opentok_that_refuses_is_reported(stand_ins: StandIns) -> None:
    stand_ins.opentok.faults.add(Fault("/callback", status=403), times=5)
    with pytest.raises(DeployError, match="403"):
        set_up(stand_ins)
