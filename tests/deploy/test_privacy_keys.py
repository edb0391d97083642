"""The keys of strict privacy: made once, replaced on purpose, and good for finding a user."""

import io
import json

import pytest

from chalicelib.adapters.pseudonyms import log_hash
from deploy.errors import DeployError
from deploy.opentok.credentials import Secret
from deploy.privacy_keys import add_privacy_key, ensure_privacy_key, print_hashes, privacy_keys
from deploy.stage import Stage
from tests.deploy.dev_stage import dev_on
from tests.support.servers.stand_ins import CREDENTIALS, SECRET_ID, StandIns

WITHOUT = {name: value for name, value in CREDENTIALS.items() if name != "privacyKeys"}


def secret_of(stand_ins: StandIns) -> Secret:
    return Secret(dev_on(stand_ins), stand_ins.secretsmanager())


def stored(stand_ins: StandIns) -> dict[str, object]:
    answer = stand_ins.secretsmanager().get_secret_value(SecretId=SECRET_ID)
    content: dict[str, object] = json.loads(answer["SecretString"])
    return content


def strict(stage: Stage) -> Stage:
    own = stage.config["stages"][stage.name]
    variables = {**own["environment_variables"], "PRIVACY": "strict"}
    changed = {**own, "environment_variables": variables}
    return Stage(stage.name, {**stage.config, "stages": {stage.name: changed}})


def test_a_strict_stage_gets_a_key_once_and_keeps_what_else_is_in_the_secret(
    stand_ins: StandIns,
) -> None:
    stand_ins.put_secret(WITHOUT)
    stage, secret = strict(dev_on(stand_ins)), secret_of(stand_ins)
    assert str(ensure_privacy_key(stage, secret)).endswith("was made")
    made = privacy_keys(secret)
    assert [len(each) for each in made] == [64]
    assert stored(stand_ins) == {**WITHOUT, "privacyKeys": made}
    assert str(ensure_privacy_key(stage, secret)).endswith("has a key of privacy")
    assert privacy_keys(secret) == made


def test_another_stage_gets_none(stand_ins: StandIns) -> None:
    stand_ins.put_secret(WITHOUT)
    assert ensure_privacy_key(dev_on(stand_ins), secret_of(stand_ins)) is None
    assert stored(stand_ins) == WITHOUT


def test_a_new_key_comes_first_and_the_earlier_ones_stay(stand_ins: StandIns) -> None:
    secret = secret_of(stand_ins)
    before = privacy_keys(secret)
    assert add_privacy_key(secret) == 2
    assert privacy_keys(secret)[1:] == before


def test_new_credentials_leave_the_keys(stand_ins: StandIns) -> None:
    secret = secret_of(stand_ins)
    before = privacy_keys(secret)
    secret.store({"apiKey": "1", "apiSecret": "2"})
    assert privacy_keys(secret) == before


def test_a_users_hash_is_printed_for_each_key(stand_ins: StandIns) -> None:
    secret, out = secret_of(stand_ins), io.StringIO()
    add_privacy_key(secret)
    print_hashes("auth0|b\u00f6b", secret, out)
    hashes = [log_hash("auth0|b\u00f6b", each) for each in privacy_keys(secret)]
    assert out.getvalue().splitlines() == hashes
    assert len(set(hashes)) == 2


def test_without_a_key_or_an_id_there_is_no_hash(stand_ins: StandIns) -> None:
    with pytest.raises(DeployError, match="not a user's id"):
        print_hashes("", secret_of(stand_ins), io.StringIO())
    stand_ins.put_secret(WITHOUT)
    with pytest.raises(DeployError, match="no key of privacy"):
        print_hashes("bob", secret_of(stand_ins), io.StringIO())
