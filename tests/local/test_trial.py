"""Real credentials are tried at the start, also where no bearer token can be signed here."""

import json
from collections.abc import Mapping

import pytest

from local.first_token import ProviderFailsError
from local.providers.provider import chosen_provider
from local.providers.trial import try_credentials
from stand_ins.aws.clients import aws_clients
from tests.support.servers.raw_server import closed_port
from tests.support.servers.stand_ins import API_KEY, API_SECRET, SECRET_ID, StandIns

PROVIDER = chosen_provider({"OPENTOK_API_KEY": API_KEY, "OPENTOK_API_SECRET": API_SECRET})
WRONG = "00badbadbadbadbadbadbadbadbadbadbadbad00"


def environment(
    stand_ins: StandIns, opentok_url: str, api_secret: str = API_SECRET
) -> Mapping[str, str]:
    """Return the app's variables, with a secret where `make run` has its own."""
    clients = aws_clients(stand_ins.aws_server.url)
    content = json.dumps({"apiKey": API_KEY, "apiSecret": api_secret})
    clients.secretsmanager.create_secret(Name=SECRET_ID, SecretString=content)
    clients.close()
    return {
        "AWS_ENDPOINT_URL": stand_ins.aws_server.url,
        "OPENTOK_SECRET_ID": SECRET_ID,
        "OPENTOK_API_URL": opentok_url,
    }


def test_credentials_that_opentok_takes_pass_by_a_session(stand_ins: StandIns) -> None:
    try_credentials(PROVIDER, environment(stand_ins, f"{stand_ins.opentok_server.url}/"))

    assert [call.path for call in stand_ins.opentok.calls] == ["/session/create"]


def test_wrong_credentials_and_no_network_are_a_sentence_each(stand_ins: StandIns) -> None:
    wrong = environment(stand_ins, "", WRONG)
    with closed_port() as nowhere:
        for url, said in (
            (stand_ins.opentok_server.url, "does not accept these credentials"),
            (nowhere, "cannot be reached"),
        ):
            with pytest.raises(ProviderFailsError, match=said) as refused:
                try_credentials(PROVIDER, {**wrong, "OPENTOK_API_URL": url})
            assert str(refused.value).startswith(f"OpenTok itself, project {API_KEY} {said}")
            assert WRONG not in str(refused.value)
