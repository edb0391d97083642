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


def dev_with(**settings: str) -> Stage:
    stage = read_stage("dev")
    usual = {"AUTH_ISSUER": "https://issuer/", "AUTH_AUDIENCE": "app"}
    environment = stage.environment | usual | settings
    own = {**stage.config["stages"]["dev"], "environment_variables": environment}
    return Stage("dev", {**stage.config, "stages": {"dev": own}})


def test_a_stage_with_all_its_settings_passes() -> None:
    dev_with().check_settings()
    dev_with(ARCHIVE_BUCKET="roomkey-dev-archives-1").check_settings()


@pytest.mark.parametrize("name", ["roomkey-prod-archives-1", "recordings"])
def test_a_bucket_that_the_functions_may_not_read_is_refused(name: str) -> None:
    with pytest.raises(DeployError, match=r"begin with roomkey-dev-archives-"):
        dev_with(ARCHIVE_BUCKET=name).check_settings()


@pytest.mark.parametrize("name", LIMITS)
def test_a_stages_table_and_secret_are_its_own(name: str) -> None:
    stage = read_stage(name)

    assert stage.table == f"roomkey-{name}-rooms"
    assert stage.secret_id == f"roomkey/{name}/opentok"
