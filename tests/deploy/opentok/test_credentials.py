import json

import pytest

from deploy.asking import parse_credentials
from deploy.errors import DeployError
from deploy.opentok.credentials import Secret, ensure_credentials, try_credentials
from stand_ins.http.faults import Fault
from tests.deploy.dev_stage import dev_on
from tests.support.servers.stand_ins import API_KEY, API_SECRET, SECRET_ID, StandIns

WRONG = "00badbadbadbadbadbadbadbadbadbadbadbad00"


def stored(stand_ins: StandIns) -> object:
    return json.loads(
        stand_ins.secretsmanager().get_secret_value(SecretId=SECRET_ID)["SecretString"]
    )


def test_good_credentials_pass_their_trial(stand_ins: StandIns) -> None:
    try_credentials({"apiKey": API_KEY, "apiSecret": API_SECRET}, dev_on(stand_ins))

    assert stand_ins.opentok.count("/session/create") == 1


@pytest.mark.parametrize("wrong", [WRONG, "short and wrong"])
def test_credentials_that_opentok_refuses_fail_it_without_a_warning_and_are_not_shown(
    stand_ins: StandIns, wrong: str
) -> None:
    with pytest.raises(DeployError) as refusal:
        try_credentials({"apiKey": API_KEY, "apiSecret": wrong}, dev_on(stand_ins))

    assert "refuses" in str(refusal.value)
    assert wrong not in f"{refusal.value} {refusal.value.remedy}"


def test_an_opentok_that_fails_says_nothing_about_the_credentials(stand_ins: StandIns) -> None:
    stand_ins.opentok.faults.add(Fault("/session/create", status=503), 5)

    with pytest.raises(DeployError, match="does not answer"):
        try_credentials({"apiKey": API_KEY, "apiSecret": API_SECRET}, dev_on(stand_ins))


@pytest.mark.parametrize(
    "credentials", [{}, {"apiKey": API_KEY}, {"applicationId": "an-id", "privateKey": "no key"}]
)
def test_what_cannot_be_credentials_is_refused_without_asking_opentok(
    stand_ins: StandIns, credentials: dict[str, str]
) -> None:
    with pytest.raises(DeployError, match="not valid credentials"):
        try_credentials(credentials, dev_on(stand_ins))

    assert stand_ins.opentok.count("/session/create") == 0


def test_storing_credentials_replaces_the_old_and_keeps_what_else_is_in_the_secret(
    stand_ins: StandIns,
) -> None:
    callbacks = {"archive": ["current", "previous"]}
    stand_ins.put_secret({"apiKey": "1", "apiSecret": "2", "callbackSecrets": callbacks})

    Secret(dev_on(stand_ins), stand_ins.secretsmanager()).store(
        {"applicationId": "an-id", "privateKey": "a key"}
    )

    assert stored(stand_ins) == {
        "applicationId": "an-id",
        "privateKey": "a key",
        "callbackSecrets": callbacks,
    }


def test_a_secret_without_a_value_has_no_content(stand_ins: StandIns) -> None:
    client = stand_ins.secretsmanager()
    client.delete_secret(SecretId=SECRET_ID, ForceDeleteWithoutRecovery=True)
    client.create_secret(Name=SECRET_ID)

    assert Secret(dev_on(stand_ins), client).content() == {}


class Somebody:
    """An operator who enters these credentials, if there."""

    def __init__(self, *, there: bool = True) -> None:
        self._there = there

    def present(self) -> bool:
        return self._there

    def credentials(self) -> dict[str, str]:
        return {"apiKey": API_KEY, "apiSecret": API_SECRET}

    def confirms(self, question: str, word: str) -> bool:
        raise AssertionError(question + word)


def empty_secret(stand_ins: StandIns) -> Secret:
    stand_ins.put_secret({})
    return Secret(dev_on(stand_ins), stand_ins.secretsmanager())


def test_an_empty_secret_is_filled_with_what_the_operator_enters(stand_ins: StandIns) -> None:
    said = ensure_credentials(dev_on(stand_ins), empty_secret(stand_ins), Somebody())

    assert "stored" in said
    assert stored(stand_ins) == {"apiKey": API_KEY, "apiSecret": API_SECRET}


def test_an_empty_secret_and_nobody_to_ask_say_what_to_do(stand_ins: StandIns) -> None:
    with pytest.raises(DeployError) as failure:
        ensure_credentials(dev_on(stand_ins), empty_secret(stand_ins), Somebody(there=False))

    assert "make secret STAGE=dev" in failure.value.remedy


def test_a_secret_that_holds_credentials_is_left_alone(stand_ins: StandIns) -> None:
    secret = Secret(dev_on(stand_ins), stand_ins.secretsmanager())

    assert ensure_credentials(dev_on(stand_ins), secret, Somebody(there=False)).endswith("set")
    assert stand_ins.opentok.count("/session/create") == 0


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"apiKey": 1}', '"text"'])
def test_what_a_pipe_brings_must_be_an_object_of_strings_and_is_not_shown(text: str) -> None:
    with pytest.raises(DeployError) as refusal:
        parse_credentials(text)

    assert "no json" not in f"{refusal.value}"


class Answering:
    """An operator who is there, or not, and answers with one word."""

    def __init__(self, answer: str | None) -> None:
        self._answer = answer

    def present(self) -> bool:
        return self._answer is not None

    def credentials(self) -> dict[str, str]:
        return {}

    def confirms(self, question: str, word: str) -> bool:
        assert API_KEY in question
        return self._answer == word


@pytest.mark.parametrize("answer", [None, "yes", API_KEY])
def test_another_projects_credentials_need_its_name_typed(
    stand_ins: StandIns, answer: str | None
) -> None:
    secret = Secret(dev_on(stand_ins), stand_ins.secretsmanager())

    with pytest.raises(DeployError, match="Nothing was stored"):
        secret.check_same_project({"apiKey": "47000009", "apiSecret": "x"}, Answering(answer))


def test_who_types_the_other_projects_name_means_it(stand_ins: StandIns) -> None:
    secret = Secret(dev_on(stand_ins), stand_ins.secretsmanager())

    secret.check_same_project({"apiKey": "47000009", "apiSecret": "x"}, Answering("47000009"))


def test_a_rotation_within_the_project_asks_nobody(stand_ins: StandIns) -> None:
    secret = Secret(dev_on(stand_ins), stand_ins.secretsmanager())

    secret.check_same_project({"apiKey": API_KEY, "apiSecret": "new"}, Answering(None))


def test_an_empty_secret_takes_any_project(stand_ins: StandIns) -> None:
    stand_ins.put_secret({})
    secret = Secret(dev_on(stand_ins), stand_ins.secretsmanager())

    secret.check_same_project({"apiKey": API_KEY, "apiSecret": "new"}, Answering(None))
