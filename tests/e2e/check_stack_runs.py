"""Runs of the stack that end, or that begin otherwise: signals, deaths, credentials, an issuer."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest
import requests

from local import bearer
from local.app_process import AppProcess
from local.network.address import network_address
from local.ports import Ports, StartError
from local.stop_request import StopRequest
from stand_ins.http.server import HttpServer
from stand_ins.identity.provider import IdentityProvider
from stand_ins.opentok import OpenTokStandIn
from tests.e2e.roomkey_process import (
    PATIENCE_SECONDS,
    Bearer,
    Roomkey,
    app_processes,
    clean_environment,
    gone,
    running_roomkey,
    shown_json,
    soon,
    started_roomkey,
)
from tests.support.sample_apps.sample_app import parsed, refusal
from tests.support.sample_apps.sample_clients import ANDROID_SESSION, VONAGE_WEB_SESSION
from tests.support.servers.free_ports import free_ports
from tests.support.servers.raw_server import closed_port
from tests.support.servers.stand_ins import new_vonage_keys

pytestmark = pytest.mark.xdist_group("make run")  # one worker runs the tests of one stack

CURL_AND_BASH = all(shutil.which(tool) for tool in ("curl", "bash"))
API_KEY = "45000009"
API_SECRET = "9876543210987654321098765432109876543210"
APPLICATION_ID = "99999999-2222-4333-8444-555555555555"


@dataclass(frozen=True)
class RealStack:
    """A stack with credentials of its own, and its answers to a sample app before a test ends it.

    Args:
        session: The answer to a sample app that asks for a session.
        recorded: The answer to a sample app that starts to record.
    """

    roomkey: Roomkey
    session: requests.Response
    recorded: requests.Response

    @classmethod
    def of(cls, roomkey: Roomkey) -> Self:
        url = f"{roomkey.ports.app_url}/session"
        return cls(
            roomkey,
            requests.get(url, timeout=30),
            requests.post(f"{url}/session/startArchive", timeout=30),
        )


@pytest.fixture(scope="module")
def roomkey_at_opentok() -> Iterator[RealStack]:
    """Yield a stack with credentials of OpenTok, which one test ends and others read."""
    service = OpenTokStandIn(projects={API_KEY: API_SECRET})
    with HttpServer(service.wsgi_app) as server:
        given = {"OPENTOK_API_KEY": API_KEY, "OPENTOK_API_SECRET": API_SECRET}
        with running_roomkey(given | {"OPENTOK_API_URL": server.url}) as running:
            yield RealStack.of(running)


@pytest.fixture(scope="module")
def roomkey_at_vonage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealStack]:
    """Yield a stack with credentials of Vonage; one test ends it."""
    vonage = new_vonage_keys()
    path = tmp_path_factory.mktemp("vonage") / "private.key"
    path.write_text(vonage.private)
    service = OpenTokStandIn(applications={APPLICATION_ID: vonage.public})
    with HttpServer(service.wsgi_app) as server:
        given = {"VONAGE_APPLICATION_ID": APPLICATION_ID, "VONAGE_PRIVATE_KEY": str(path)}
        with running_roomkey(given | {"OPENTOK_API_URL": server.url}) as running:
            yield RealStack.of(running)


def assert_ended_by(number: signal.Signals, roomkey: Roomkey) -> None:
    roomkey.process.send_signal(number)

    assert roomkey.status() == 0
    assert "Roomkey has stopped." in roomkey.output
    assert "Traceback" not in roomkey.output
    assert gone(roomkey.ports)


def test_ctrl_c_ends_everything_without_a_traceback(
    roomkey_at_opentok: RealStack,
) -> None:
    assert_ended_by(signal.SIGINT, roomkey_at_opentok.roomkey)


def test_a_signal_to_terminate_ends_everything_without_a_traceback(
    roomkey_at_vonage: RealStack,
) -> None:
    assert_ended_by(signal.SIGTERM, roomkey_at_vonage.roomkey)


def test_ctrl_c_during_the_start_ends_everything_too() -> None:
    with started_roomkey() as roomkey:
        assert roomkey.says("Starting Roomkey")

        roomkey.process.send_signal(signal.SIGINT)

        assert roomkey.status() == 0
        assert "Traceback" not in roomkey.output
        assert gone(roomkey.ports)


def test_ctrl_c_is_no_error_when_the_reader_of_the_output_has_left() -> None:
    ports = free_ports()
    with subprocess.Popen(
        [sys.executable, "-m", "local"],
        env=clean_environment(ports),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()

        process.send_signal(signal.SIGINT)

        _, complaints = process.communicate(timeout=60)
        assert (process.returncode, complaints) == (0, "")
        assert gone(ports)


def answers(ports: Ports) -> bool:
    try:
        return requests.get(f"{ports.app_url}/health", timeout=5).ok
    except requests.ConnectionError:
        return False


def test_bearers_are_there_once_the_app_answers_and_a_killed_parent_leaves_no_child() -> None:
    with started_roomkey() as roomkey:
        assert soon(lambda: answers(roomkey.ports), PATIENCE_SECONDS)
        assert bearer.fetch_bearer(roomkey.ports, "early")

        roomkey.process.kill()

        assert soon(lambda: gone(roomkey.ports))


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_on_a_network_bearers_of_the_users_own_issuer_are_accepted_and_no_others(
    bearer_command: Bearer, capsys: pytest.CaptureFixture[str]
) -> None:
    network = {"HOST": "0.0.0.0"}  # noqa: S104 - what is tested
    try:
        address = network_address(network)
    except StartError as error:
        pytest.skip(str(error))
    identity = IdentityProvider("https://login.example", "calls")
    with HttpServer(identity.wsgi_app) as server:
        issuer = {"AUTH_ISSUER": identity.issuer, "AUTH_AUDIENCE": identity.audience}
        keys = {"AUTH_JWKS_URL": f"{server.url}/.well-known/jwks.json"}
        with running_roomkey(network | issuer | keys) as roomkey:
            joined = requests.post(
                f"https://{address}:{roomkey.ports.tls}/rooms/hello/tokens",
                headers={"Authorization": f"Bearer {identity.bearer('ann')}"},
                verify=False,  # noqa: S501 - as a phone goes on
                timeout=30,
            )
            assert bearer_command(roomkey.ports, "bob") == 1

    assert joined.status_code == 201
    assert "accepts bearer tokens of https://login.example alone" in capsys.readouterr().err
    assert "accepts bearer tokens of https://login.example alone" in roomkey.output
    assert shown_json(roomkey.output) == []


def test_opentok_credentials_lead_to_the_service_itself(roomkey_at_opentok: RealStack) -> None:
    output = roomkey_at_opentok.roomkey.output
    answer, _ = shown_json(output)
    session = parsed(roomkey_at_opentok.session, ANDROID_SESSION)

    assert answer["apiKey"] == session["apiKey"] == API_KEY
    assert refusal(roomkey_at_opentok.recorded) == (403, "role_not_allowed")
    assert f"OpenTok itself, project {API_KEY}" in output
    assert API_SECRET not in output


def test_vonage_credentials_lead_to_the_service_itself(roomkey_at_vonage: RealStack) -> None:
    output = roomkey_at_vonage.roomkey.output
    answer, claims = shown_json(output)
    session = parsed(roomkey_at_vonage.session, ANDROID_SESSION, VONAGE_WEB_SESSION)

    assert session["apiKey"] == session["applicationId"] == APPLICATION_ID
    assert answer["applicationId"] == claims["application_id"] == APPLICATION_ID
    assert f"Vonage itself, application {APPLICATION_ID}" in output


def test_an_app_that_ends_by_itself_is_reported_with_its_output() -> None:
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        ports = Ports(occupied.getsockname()[1])
        app = AppProcess(ports, clean_environment(ports))
        try:
            with pytest.raises(StartError, match=r"(?s)The app ended with status .*in use"):
                app.wait_until_up(StopRequest())
        finally:
            app.stop()


@pytest.mark.skipif(not Path("/proc").exists(), reason="the app's process is found by /proc")
def test_an_app_that_dies_later_ends_the_run_with_a_message() -> None:
    with running_roomkey() as roomkey:
        (app,) = app_processes(roomkey.ports)
        os.kill(app, signal.SIGKILL)

        assert roomkey.status() == 1
        assert "The app ended with status -9." in roomkey.output
        assert gone(roomkey.ports)


def start_at(opentok_url: str, **settings: str) -> subprocess.CompletedProcess[str]:
    given = {"OPENTOK_API_KEY": API_KEY, "OPENTOK_API_SECRET": "short and wrong", **settings}
    return subprocess.run(
        [sys.executable, "-m", "local"],
        env=clean_environment(free_ports(), given | {"OPENTOK_API_URL": opentok_url}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_wrong_credentials_and_no_network_end_the_start_with_a_sentence_each() -> None:
    opentok = OpenTokStandIn(projects={API_KEY: API_SECRET})
    own = {"AUTH_ISSUER": "https://login.test", "AUTH_AUDIENCE": "calls"}
    with HttpServer(opentok.wsgi_app) as refusing, closed_port() as nowhere:
        for url, said, settings in (
            (refusing.url, "does not accept", {}),
            (nowhere, "cannot be reached", {}),
            (refusing.url, "does not accept", own),
        ):
            ended = start_at(url, **settings)
            assert (ended.returncode, ended.stdout) == (1, "Starting Roomkey ...\n")
            assert ended.stderr.startswith(f"OpenTok itself, project {API_KEY} {said}")
            assert ended.stderr.count("\n") == 1
    opentok.stop()
