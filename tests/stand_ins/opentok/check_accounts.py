"""The changes of an account's owner: a project's secret, and an application's public key."""

from collections.abc import Iterator
from typing import Any

import opentok
import pytest
import requests

from stand_ins.http.server import HttpServer
from stand_ins.opentok import OpenTokStandIn
from stand_ins.opentok.tokens.token_errors import TokenRefusedError
from tests.stand_ins.known import (
    API_KEY,
    API_SECRET,
    APPLICATION_ID,
    RunningOpenTok,
    application_jwt,
    client_jwt,
    project_jwt,
)
from tests.support.servers.stand_ins import new_vonage_keys

ACCOUNT_KEY = "46000001"
ACCOUNT_SECRET = "acc0acc0acc0acc0acc0acc0acc0acc0acc0acc0"
VONAGE_ACCOUNT = ("a1b2c3d4", "VonageAccountSecret")


@pytest.fixture
def running(vonage_public_pem: str) -> Iterator[RunningOpenTok]:
    stand_in = OpenTokStandIn(
        projects={API_KEY: API_SECRET},
        applications={APPLICATION_ID: vonage_public_pem},
        accounts={ACCOUNT_KEY: ACCOUNT_SECRET, VONAGE_ACCOUNT[0]: VONAGE_ACCOUNT[1]},
    )
    with HttpServer(stand_in.wsgi_app) as server:
        yield RunningOpenTok(stand_in, server.url)
    stand_in.stop()


def project(running: RunningOpenTok, method: str, path: str = "", **claims: object) -> Any:
    token = project_jwt(ACCOUNT_SECRET, **{"iss": ACCOUNT_KEY, "ist": "account", **claims})
    url = f"{running.url}/v2/project/{API_KEY}{path}"
    headers = {"X-OPENTOK-AUTH": token, "Accept": "application/json"}
    return requests.request(method, url, headers=headers, timeout=5)


def application(running: RunningOpenTok, method: str, body: object = None, **given: Any) -> Any:
    url = f"{running.url}/v2/applications/{given.pop('application_id', APPLICATION_ID)}"
    account = {"auth": VONAGE_ACCOUNT, **given}
    return requests.request(method, url, json=body, timeout=5, **account)


def test_a_refreshed_secret_counts_at_once_and_the_earlier_one_no_more(
    running: RunningOpenTok,
) -> None:
    session_id = running.client().create_session().session_id
    old_token = client_jwt(session_id)

    refreshed = project(running, "POST", "/refreshSecret").json()

    assert refreshed == project(running, "GET").json()
    assert (refreshed["id"], refreshed["status"]) == (API_KEY, "ACTIVE")
    assert len(refreshed["secret"]) == len(API_SECRET)
    with pytest.raises(opentok.exceptions.RequestError, match="invalid credentials"):
        running.client().create_session()
    assert running.client(secret=refreshed["secret"]).create_session()
    with pytest.raises(TokenRefusedError):
        running.stand_in.connect(old_token)
    assert running.stand_in.connect(client_jwt(session_id, refreshed["secret"]))


def test_who_is_connected_stays_connected(running: RunningOpenTok) -> None:
    session_id = running.client().create_session().session_id
    connected = running.stand_in.connect(client_jwt(session_id))

    project(running, "POST", "/refreshSecret")

    (connection,) = running.stand_in.session(session_id)["connections"]
    assert connection["connectionId"] == connected["connectionId"]


def test_a_project_may_not_change_its_own_secret(running: RunningOpenTok) -> None:
    url = f"{running.url}/v2/project/{API_KEY}/refreshSecret"
    headers = {"X-OPENTOK-AUTH": project_jwt(), "Accept": "application/json"}

    refused = requests.post(url, headers=headers, timeout=5)

    assert (refused.status_code, refused.json()["message"]) == (403, "Issuer not found")
    assert project(running, "GET", ist="project").status_code == 403
    assert running.client().create_session()


def test_a_replaced_public_key_counts_at_once_and_the_earlier_one_no_more(
    running: RunningOpenTok, vonage_private_pem: str
) -> None:
    new = new_vonage_keys()
    was = application(running, "GET").json()

    replaced = application(running, "PUT", {**was, "keys": {"public_key": new.public}}).json()

    assert replaced == {**was, "keys": {"public_key": new.public}}
    created = f"{running.url}/session/create"
    for private, status in ((vonage_private_pem, 401), (new.private, 200)):
        headers = {"Authorization": f"Bearer {application_jwt(private)}"}
        assert requests.post(created, headers=headers, timeout=5).status_code == status


def test_what_is_not_given_to_a_replacement_is_gone_but_for_the_key(
    running: RunningOpenTok,
) -> None:
    was = application(running, "GET").json()

    replaced = application(running, "PUT", {"name": "Other"}).json()

    assert was["capabilities"]
    assert (replaced["name"], replaced["capabilities"]) == ("Other", {})
    assert replaced["keys"] == was["keys"]


def test_an_application_is_changed_by_its_account_alone_and_never_wrongly(
    running: RunningOpenTok,
) -> None:
    wrong = {"name": "Calls", "keys": {"public_key": "no key"}}
    was = application(running, "GET").json()

    assert application(running, "GET", auth=("a1b2c3d4", "wrong")).status_code == 401
    assert application(running, "PUT", {}, auth=None).status_code == 401
    assert application(running, "GET", application_id="another").status_code == 404
    refused = application(running, "PUT", wrong)
    assert refused.status_code == 400
    assert refused.json()["invalid_parameters"][0]["name"] == "keys.public_key"
    assert application(running, "PUT", {"capabilities": {}}).status_code == 400
    assert application(running, "GET").json() == was
