import pytest

from deploy.errors import DeployError
from deploy.stage import LIMITS, Stage, read_stage


@pytest.mark.parametrize("name", ["", "local", "staging"])
def test_a_stage_that_cannot_be_deployed_is_refused(name: str) -> None:
    with pytest.raises(DeployError) as refusal:
        read_stage(name)

    assert "STAGE=dev or STAGE=prod" in refusal.value.remedy


def test_a_stage_without_an_issuer_is_refused_and_the_settings_to_make_are_named() -> None:
    with pytest.raises(DeployError, match=r"AUTH_ISSUER is not set") as refusal:
        read_stage("prod").check_settings()

    assert ".chalice/config.json" in refusal.value.remedy


def test_a_stage_with_all_its_settings_passes() -> None:
    stage = read_stage("dev")
    environment = stage.environment | {"AUTH_ISSUER": "https://issuer/", "AUTH_AUDIENCE": "app"}
    own = {**stage.config["stages"]["dev"], "environment_variables": environment}

    Stage("dev", {**stage.config, "stages": {"dev": own}}).check_settings()


@pytest.mark.parametrize("name", LIMITS)
def test_a_stages_table_and_secret_are_its_own(name: str) -> None:
    stage = read_stage(name)

    assert stage.table == f"roomkey-{name}-rooms"
    assert stage.secret_id == f"roomkey/{name}/opentok"
