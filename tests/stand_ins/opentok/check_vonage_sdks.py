"""Calls in the shape that Vonage's own server SDKs send: `@vonage/video` and Python's `vonage`."""

from typing import Any

import pytest
import requests

from tests.stand_ins.clients import publish
from tests.stand_ins.known import APPLICATION_ID, RunningOpenTok, application_jwt


class VonageSdk:
    """A caller with an application's bearer token."""

    def __init__(self, service: RunningOpenTok, private_key: str) -> None:
        self.service = service
        self._private_key = private_key

    def calls(self, method: str, path: str, **sent: Any) -> Any:
        """Return the JSON of an answer that must be a success, or None if it has no body."""
        headers = {
            "Authorization": f"Bearer {application_jwt(self._private_key)}",
            "Accept": "application/json",
        } | sent.pop("headers", {})
        url = f"{self.service.url}{path}"
        answer = requests.request(method, url, timeout=5, headers=headers, **sent)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def manages(self, method: str, path: str, **sent: Any) -> Any:
        return self.calls(method, f"/v2/project/{APPLICATION_ID}/{path}", **sent)

    def creates_session(self, form: dict[str, str] | None = None, **headers: str) -> str:
        (created,) = self.calls("POST", "/session/create", data=form, headers=headers)
        session_id: str = created["session_id"]
        return session_id

    def token(self, session_id: str, role: str = "moderator") -> str:
        return application_jwt(
            self._private_key,
            session_id=session_id,
            role=role,
            scope="session.connect",
            sub="video",
            acl={"paths": {"/session/**": {}}},
        )

    def joins(self, session_id: str) -> str:
        """Connect a client, and return the id of its stream."""
        connected = self.calls("POST", "/sim/connections", json={"token": self.token(session_id)})
        return publish(self.service, connected["connectionId"])


@pytest.fixture
def sdk(opentok_service: RunningOpenTok, vonage_private_pem: str) -> VonageSdk:
    return VonageSdk(opentok_service, vonage_private_pem)


@pytest.mark.parametrize(
    "form",
    [
        # @vonage/video 1.28: createSession()
        {"archiveMode": "manual", "location": "null", "p2p.preference": "disabled"},
        # vonage 4.9: create_session(SessionOptions(e2ee=True))
        {"p2p.preference": "disabled", "e2ee": "True"},
        {"p2p.preference": "disabled", "e2ee": "False"},
        None,
    ],
)
def test_a_session_is_created_by_the_sdks_defaults(
    sdk: VonageSdk, form: dict[str, str] | None
) -> None:
    assert sdk.creates_session(form)


def test_a_form_that_is_called_json_creates_a_session_with_its_options(sdk: VonageSdk) -> None:
    form = {"p2p.preference": "disabled", "archiveMode": "always"}

    session_id = sdk.creates_session(form, **{"Content-Type": "application/json"})

    sdk.joins(session_id)
    assert [each["sessionId"] for each in sdk.manages("GET", "archive")["items"]] == [session_id]


def test_a_slash_at_the_end_of_a_path_changes_nothing(sdk: VonageSdk) -> None:
    session_id = sdk.creates_session()
    sdk.joins(session_id)

    started = sdk.manages(
        "POST", "broadcast/", json={"sessionId": session_id, "outputs": {"hls": {}}}
    )

    listed = sdk.manages("GET", "broadcast/")
    assert [each["id"] for each in listed["items"]] == [started["id"]]


@pytest.mark.parametrize(
    ("kind", "wanted"), [("archive", {}), ("broadcast", {"outputs": {"hls": {}}})]
)
def test_a_change_of_layout_answers_the_record(
    sdk: VonageSdk, kind: str, wanted: dict[str, Any]
) -> None:
    session_id = sdk.creates_session()
    sdk.joins(session_id)
    started = sdk.manages("POST", kind, json={"sessionId": session_id} | wanted)

    arranged = sdk.manages("PUT", f"{kind}/{started['id']}/layout", json={"type": "pip"})

    assert arranged["id"] == started["id"]
    assert arranged["applicationId"] == APPLICATION_ID


def test_the_status_of_captions_is_shown(sdk: VonageSdk) -> None:
    session_id = sdk.creates_session()
    sdk.joins(session_id)
    wanted = {"sessionId": session_id, "token": sdk.token(session_id)}
    captions_id = sdk.manages("POST", "captions", json=wanted)["captionsId"]

    shown = sdk.manages("GET", f"captions/{captions_id}")

    assert (shown["captionId"], shown["status"]) == (captions_id, "started")
    assert shown["applicationId"] == APPLICATION_ID
    sdk.manages("POST", f"captions/{captions_id}/stop")
    assert sdk.manages("GET", f"captions/{captions_id}")["status"] == "stopped"


def test_an_audio_connector_is_stopped_by_its_id(sdk: VonageSdk) -> None:
    session_id = sdk.creates_session()
    sdk.joins(session_id)
    target = {
        "uri": "wss://audio.example/in",
        "audioTransport": {"transport": "json", "encoding": "base64"},
    }
    wanted = {"sessionId": session_id, "token": sdk.token(session_id), "websocket": target}
    connector = sdk.manages("POST", "connect", json=wanted)
    connected = f"session/{session_id}/connection"
    assert sdk.manages("GET", connected)["count"] == 2

    sdk.manages("POST", f"connect/{connector['id']}/stop")

    assert sdk.manages("GET", connected)["count"] == 1


@pytest.mark.parametrize("path", ["connect/none/stop", "captions/none/stop"])
def test_there_is_nothing_else_to_stop(sdk: VonageSdk, path: str) -> None:
    with pytest.raises(AssertionError, match="message"):
        sdk.manages("POST", path)
