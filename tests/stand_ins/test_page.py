import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

import pytest
import requests
from werkzeug.wrappers import Response

from local.app_environment import app_environment
from local.ports import HOST, Ports
from local.providers.provider import Provider, chosen_provider
from local.stack import STAGE, Stack
from stand_ins.aws import resources
from stand_ins.aws.clients import AwsClients, aws_clients
from stand_ins.aws.stand_in import AwsStandIn
from stand_ins.http.server import HttpServer
from stand_ins.opentok import OpenTokStandIn
from tests.stand_ins.known import API_KEY, API_SECRET
from tests.support.servers.free_ports import free_ports

PARTS = ["app", "opentok", "identity", "aws"]


@dataclass(frozen=True)
class Page:
    ports: Ports
    provider: Provider
    aws: AwsClients

    def get(self, path: str = "") -> requests.Response:
        return requests.get(f"{self.ports.page_url}/page/{path}", timeout=10)

    def finding(self, part: str) -> tuple[bool, str]:
        found = self.get(f"parts/{part}").json()
        return found["healthy"], found["text"]

    def fail_next(self, path: str, status: int) -> None:
        fault = {"path": path, "status": status, "times": 1}
        requests.post(f"{self.ports.opentok_url}/sim/faults", json=fault, timeout=10)


@contextmanager
def running_page(environ: dict[str, str]) -> Iterator[Page]:
    """Yield the page of running stand-ins, without an app."""
    ports, provider = free_ports(), chosen_provider(environ)
    AwsStandIn().reset()
    stack = Stack(ports, provider, app_environment(environ, ports, provider))
    aws = aws_clients(ports.aws_url)
    stack.start()
    yield Page(ports, provider, aws)
    aws.close()
    stack.stop()
    AwsStandIn().reset()


@pytest.fixture(scope="module")
def started_page() -> Iterator[Page]:
    with running_page({}) as running:
        yield running


@pytest.fixture
def page(started_page: Page) -> Page:
    """Return the page with a new table and secret, whatever an earlier test did to them."""
    AwsStandIn().reset()
    aws, secret = started_page.aws, started_page.provider.secret
    resources.create(STAGE, dynamodb=aws.dynamodb, secretsmanager=aws.secretsmanager, secret=secret)
    return started_page


@contextmanager
def app_that_answers(page: Page, answer: Response) -> Iterator[None]:
    with HttpServer(answer, HOST, page.ports.app):
        yield


def test_parts_that_work_are_healthy(page: Page) -> None:
    with app_that_answers(page, Response('{"version": "1.2.3"}')):
        found = {part: page.finding(part) for part in PARTS}

    assert found == {
        "app": (True, "Running, version 1.2.3."),
        "opentok": (True, "Accepts the credentials, and creates sessions."),
        "identity": (True, "Publishes 2 keys for bearer tokens."),
        "aws": (True, "Has the secret, and the table with 0 items."),
    }


def test_an_app_that_does_not_run_is_down(page: Page) -> None:
    assert page.finding("app") == (False, "Does not answer (ConnectionError).")


@pytest.mark.parametrize("body", ["{}", "[]", "no JSON"])
def test_something_else_on_the_apps_port_is_down(page: Page, body: str) -> None:
    with app_that_answers(page, Response(body)):
        assert page.finding("app") == (False, "Answers without `version`.")


@pytest.mark.parametrize(("part", "path"), [("identity", "jwks"), ("opentok", "session/create")])
def test_a_part_that_fails_is_down_until_it_works_again(page: Page, part: str, path: str) -> None:
    page.fail_next(path, HTTPStatus.SERVICE_UNAVAILABLE)

    assert page.finding(part) == (False, "Answers 503 SERVICE UNAVAILABLE.")
    assert page.finding(part)[0]


def test_aws_is_down_without_the_table(page: Page) -> None:
    page.aws.dynamodb.delete_table(TableName="roomkey-local-rooms")

    healthy, text = page.finding("aws")

    assert not healthy
    assert "ResourceNotFoundException" in text
    assert page.finding("opentok")[0]


def test_aws_and_opentok_are_down_without_the_secret(page: Page) -> None:
    page.aws.secretsmanager.delete_secret(
        SecretId="roomkey/local/opentok", ForceDeleteWithoutRecovery=True
    )

    assert not page.finding("aws")[0]
    healthy, text = page.finding("opentok")
    assert not healthy
    assert "roomkey/local/opentok" in text


def test_opentok_itself_is_asked_where_there_are_credentials_for_it() -> None:
    service = OpenTokStandIn(projects={API_KEY: API_SECRET})
    given = {"OPENTOK_API_KEY": API_KEY, "OPENTOK_API_SECRET": API_SECRET}
    with (
        HttpServer(service.wsgi_app) as server,
        running_page(given | {"OPENTOK_API_URL": server.url}) as page,
    ):
        assert page.finding("opentok")[0]
        assert f"OpenTok itself, project {API_KEY}" in page.get().text
        assert API_SECRET not in page.get().text
        assert page.get("private.key").status_code == HTTPStatus.NOT_FOUND
        assert "Make it happen" not in page.get().text
    assert service.count("session/create") == 1


def test_credentials_that_opentok_refuses_show_as_down() -> None:
    given = {"OPENTOK_API_KEY": API_KEY, "OPENTOK_API_SECRET": "0" * 40}
    with (
        HttpServer(OpenTokStandIn(projects={API_KEY: API_SECRET}).wsgi_app) as server,
        running_page(given | {"OPENTOK_API_URL": server.url}) as page,
    ):
        assert page.finding("opentok") == (False, "Answers 403 FORBIDDEN.")


def test_the_page_may_fetch_from_itself_and_the_app_alone(page: Page) -> None:
    policy = dict(
        each.split(" ", 1) for each in page.get().headers["Content-Security-Policy"].split("; ")
    )

    assert policy["default-src"] == "'self'"
    assert policy["connect-src"] == f"'self' {page.ports.app_url}"
    assert policy["img-src"] == "'self' data:"
    assert not [value for value in policy.values() if "unsafe" in value or "*" in value]


def test_all_that_the_page_is_made_of_is_there(page: Page) -> None:
    made_of = re.findall(r'(?:src|href)="((?:static|renderer)/[^"]+)"', page.get().text)

    assert len(set(made_of)) == 8
    assert {page.get(path).status_code for path in made_of} == {HTTPStatus.OK}


@pytest.mark.parametrize("path", ["parts/none", "renderer/none.js", "renderer/%2e%2e/__init__.py"])
def test_there_is_nothing_else(page: Page, path: str) -> None:
    assert page.get(path).status_code == HTTPStatus.NOT_FOUND


def test_the_stand_ins_answer_no_page_of_another_origin(page: Page) -> None:
    for url in (page.ports.opentok_url, page.ports.aws_url):
        answer = requests.get(url, headers={"Origin": "https://elsewhere.example"}, timeout=10)

        assert answer.status_code == HTTPStatus.FORBIDDEN
