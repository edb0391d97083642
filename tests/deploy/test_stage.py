import pytest

from deploy.errors import DeployError
from deploy.stage import Stage, read_stage


def test_a_missing_stage_is_told_from_an_unknown_one() -> None:
    with pytest.raises(DeployError, match=r"^STAGE is missing\.$") as missing:
        read_stage("")
    assert missing.value.remedy == "Give one of: STAGE=dev, STAGE=prod."

    for name in ("local", "staging"):
        with pytest.raises(DeployError, match=f"^Stage '{name}' does not exist") as unknown:
            read_stage(name)
        assert "There are dev, prod." in unknown.value.remedy


def dev_with(**settings: str) -> Stage:
    usual = {"AUTH_ISSUER": "https://issuer/", "AUTH_AUDIENCE": "app"}
    stage = read_stage("dev")
    return stage.with_settings(stage.environment | usual | settings)


def test_a_stage_with_all_its_settings_passes() -> None:
    assert dev_with().faults() == []
    assert dev_with(ARCHIVE_BUCKET="roomkey-dev-archives-1").faults() == []


@pytest.mark.parametrize("name", ["roomkey-prod-archives-1", "recordings"])
def test_a_bucket_that_the_functions_may_not_read_is_refused(name: str) -> None:
    (fault,) = dev_with(ARCHIVE_BUCKET=name).faults()
    assert fault.startswith("ARCHIVE_BUCKET must begin with roomkey-dev-archives-")


def test_development_and_production_differ_in_one_setting() -> None:
    development, production = dev_with(), dev_with(STAGE_KIND="production")

    assert not development.keeps_data
    assert production.keeps_data
    assert production.limits.log_retention_days > development.limits.log_retention_days
    assert (read_stage("dev").kind, read_stage("prod").kind) == ("development", "production")
    assert "STAGE_KIND must be development or production" in dev_with(STAGE_KIND="live").faults()


def test_the_functions_get_no_setting_of_the_deployment() -> None:
    stage = dev_with(STAGE_KIND="production", STAGE_REGION="eu-west-1", LOG_LEVEL="DEBUG")

    config = stage.chalice_config
    given = config["stages"]["dev"]["environment_variables"]
    assert given == stage.environment
    assert given["LOG_LEVEL"] == "DEBUG"
    assert not {"STAGE_KIND", "STAGE_REGION"} & given.keys()
    assert stage.region == "eu-west-1"
    assert config["stages"]["dev"]["iam_policy_file"] == "policy-dev.json"


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_a_stages_table_and_secret_are_its_own(name: str) -> None:
    stage = read_stage(name)

    assert stage.table == f"roomkey-{name}-rooms"
    assert stage.secret_id == f"roomkey/{name}/opentok"


TOLERATED = {
    "AUDIT_ADDRESSES": "AUDIT_ADDRESSES must be on or off",
    "CORS_ORIGIN": "CORS_ORIGIN must be * or an origin, as in https://app.example.com",
    "LOG_LEVEL": "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL",
    "OPENTOK_API_URL": "OPENTOK_API_URL must be an address that begins with https:// or http://",
    "STAGE_REGION": "STAGE_REGION must be a region's name, as in eu-west-1",
}
"""Settings that the functions make do with or never see: a typo stops no running service."""
LIMITS = ("ALARM_LIVE_RECORDINGS", "ALARM_MINUTES_PER_DAY", "MONTHLY_BUDGET_USD")


def test_all_faults_are_found_in_one_go() -> None:
    wrong = dict.fromkeys((*TOLERATED, *LIMITS, "AUDIT_DAYS", "MAX_ROOMS"), "wrong/")

    faults = dev_with(**wrong).faults()

    assert {each.partition(" ")[0] for each in faults} == wrong.keys()
    assert set(TOLERATED.values()) <= set(faults)


@pytest.mark.parametrize("name", TOLERATED)
def test_a_value_of_no_use_is_a_fault_even_where_the_functions_make_do_with_it(name: str) -> None:
    assert dev_with(**{name: "app.example.com/"}).faults() == [TOLERATED[name]]


@pytest.mark.parametrize("value", ["EU-WEST-1", "eu-west-1 ", "eu-west", "eu-west-1,us-east-1"])
def test_what_is_no_regions_name_is_a_fault(value: str) -> None:
    assert dev_with(STAGE_REGION=value).faults() == [TOLERATED["STAGE_REGION"]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH_ISSUER", "http://issuer/"),
        ("AUTH_JWKS_URL", "http://issuer/keys"),
        ("AUTH_ISSUER_2", "http://issuer.test/"),
    ],
)
def test_keys_that_would_come_over_http_are_a_fault_of_a_stage(name: str, value: str) -> None:
    second = {"AUTH_ISSUER_2": "https://guests", "AUTH_AUDIENCE_2": "guests"}

    (fault,) = dev_with(**second | {name: value}).faults()

    assert fault == (
        f"{name} must begin with https://, because on the way of http anybody could put in keys of "
        "their own"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH_JWKS_URL", "https://issuer/keys"),
        ("CORS_ORIGIN", "*"),
        ("CORS_ORIGIN", "https://app.example.com"),
        ("CORS_ORIGIN", "http://localhost:5173"),
        ("CORS_ORIGIN", "capacitor://localhost"),
        ("LOG_LEVEL", "debug"),
        ("OPENTOK_API_URL", "https://api.opentok.com/"),
        ("AUDIT_ADDRESSES", "off"),
        ("STAGE_REGION", "ap-southeast-5"),
        ("STAGE_REGION", "us-gov-west-1"),
        ("STAGE_REGION", "us-isob-east-1"),
        ("STAGE_REGION", "eusc-de-east-1"),
    ],
)
def test_a_value_that_works_is_no_fault(name: str, value: str) -> None:
    assert dev_with(**{name: value}).faults() == []


def test_the_name_of_an_issuer_may_be_http_where_its_keys_are_not() -> None:
    assert dev_with(AUTH_ISSUER="http://issuer/", AUTH_JWKS_URL="https://issuer/k").faults() == []
