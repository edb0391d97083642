"""The first token of `make run` with real credentials: wrong ones are told from no network."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from werkzeug.wrappers import Response

from local.first_token import ProviderFailsError, obtain_first_token
from local.ports import Ports, StartError
from local.providers.provider import Provider, chosen_provider
from stand_ins.http.server import HttpServer
from tests.support.servers.free_ports import free_ports

API_SECRET = "9876543210987654321098765432109876543210"
OPENTOK = chosen_provider({"OPENTOK_API_KEY": "45000009", "OPENTOK_API_SECRET": API_SECRET})
VONAGE = Provider("Vonage itself, application a", {"applicationId": "a", "privateKey": ""})


@contextmanager
def app_that_answers(status: int, content: object) -> Iterator[Ports]:
    """Run an app with this answer to every join, and an identity provider."""
    ports = free_ports()
    join = Response(json.dumps(content), status, content_type="application/problem+json")
    bearer = Response(json.dumps({"token": "e30.e30.e30"}), content_type="application/json")
    with ExitStack() as servers:
        servers.enter_context(HttpServer(join, port=ports.app))
        servers.enter_context(HttpServer(bearer, port=ports.opentok))
        yield ports


def complaint(provider: Provider, status: int, code: str) -> str:
    with (
        app_that_answers(status, {"code": code, "detail": "…"}) as ports,
        pytest.raises(ProviderFailsError) as refused,
    ):
        obtain_first_token(ports, provider, as_admin=False)
    assert API_SECRET not in str(refused.value)
    return str(refused.value)


def test_wrong_credentials_are_one_sentence_that_names_their_variables() -> None:
    assert complaint(OPENTOK, 502, "provider_refused") == (
        "OpenTok itself, project 45000009 does not accept these credentials: check "
        "OPENTOK_API_KEY and OPENTOK_API_SECRET."
    )
    assert complaint(VONAGE, 502, "provider_refused").endswith(
        "check VONAGE_APPLICATION_ID and VONAGE_PRIVATE_KEY."
    )


def test_no_network_is_another_sentence() -> None:
    said = complaint(OPENTOK, 503, "provider_unavailable")

    assert said.startswith("OpenTok itself, project 45000009 cannot be reached: check this machine")
    assert "not accept" not in said


@pytest.mark.parametrize("content", [{"code": "internal"}, [], "text", {}])
def test_any_other_answer_is_shown_as_it_is(content: object) -> None:
    with app_that_answers(500, content) as ports, pytest.raises(StartError) as refused:
        obtain_first_token(ports, OPENTOK, as_admin=False)

    assert not isinstance(refused.value, ProviderFailsError)
    assert "500" in str(refused.value)
