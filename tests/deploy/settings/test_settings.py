"""The settings of a stage: where they come from, and what is wrong with them."""

import re
import shutil
from pathlib import Path

import pytest

from chalicelib.auth_settings import AUTH_SETTINGS
from chalicelib.media_settings import features_off
from chalicelib.settings import Settings
from deploy.__main__ import COMMANDS, main
from deploy.aws.audit import audit_days
from deploy.cost_limits import cost_limits
from deploy.errors import DeployError
from deploy.settings.defaults import defaults
from deploy.settings.names import SECRET_SETTINGS, setting_names
from deploy.settings.operated import OperatedStage
from deploy.settings.sources import lines_of
from deploy.stage import PROJECT, read_stage
from tests.support.servers.raw_server import closed_port

SIGN_IN = """
AUTH_ISSUER = "https://login.test"
AUTH_AUDIENCE = ["calls", "meetings"]
"""
PATH_SECRET = "s3cr3t" * 6


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project without settings of an operator's own."""
    (tmp_path / ".chalice").mkdir()
    shutil.copyfile(PROJECT / ".chalice" / "config.json", tmp_path / ".chalice" / "config.json")
    return tmp_path


def operated(project: Path, text: str = "", **environ: str) -> OperatedStage:
    (project / ".chalice" / "settings.dev.toml").write_text(text, encoding="utf-8")
    return OperatedStage(read_stage("dev", project), environ)


def refusal(stage: OperatedStage) -> str:
    with pytest.raises(DeployError) as refused:
        stage.check()
    return f"{refused.value}\n{refused.value.remedy}"


def test_the_environment_wins_over_the_operators_file_which_wins_over_the_projects(
    project: Path,
) -> None:
    text = SIGN_IN + 'ROOMS_TABLE = "mine"\nMAX_ROOMS = 5\nCORS_ORIGIN = "https://file.test"'
    stage = operated(project, text, ROOMKEY_CORS_ORIGIN="https://env.test", CORS_ORIGIN="no")

    stage.check()
    assert stage.stage.environment == {
        "OPENTOK_SECRET_ID": "roomkey/dev/opentok",
        "ROOMS_TABLE": "mine",
        "MAX_ROOMS": "5",
        "AUTH_ISSUER": "https://login.test",
        "AUTH_AUDIENCE": "calls,meetings",
        "CORS_ORIGIN": "https://env.test",
    }
    origins = {name: each.origin for name, each in stage.settings.chosen.items()}
    assert origins["OPENTOK_SECRET_ID"] == ".chalice/config.json"
    assert origins["ROOMS_TABLE"] == ".chalice/settings.dev.toml"
    assert origins["CORS_ORIGIN"] == "the environment"


def test_each_setting_is_shown_with_its_origin_and_no_secret_is(project: Path) -> None:
    text = SIGN_IN + f'CALLBACK_PATH_SECRET = "{PATH_SECRET}"'
    lines = list(lines_of(operated(project, text).settings, SECRET_SETTINGS, defaults(PROJECT)))

    assert any(
        line.split() == ["AUTH_ISSUER", "https://login.test", "from", ".chalice/settings.dev.toml"]
        for line in lines
    )
    assert any(line.split()[:3] == ["CALLBACK_PATH_SECRET", "(36", "characters)"] for line in lines)
    assert PATH_SECRET not in "".join(lines)
    for name, default in (("MAX_ROOMS", "100"), ("AUTH_ADMIN_VALUE", "roomkey:admin")):
        assert any(line.split() == [name, default, "by", "default"] for line in lines)
    shown = {line.split()[0] for line in lines}
    assert shown == {each for each in setting_names() if not re.search(r"_\d$", each)}


def test_the_page_says_the_default_of_each_setting_as_the_service_has_it() -> None:
    said = defaults(PROJECT)
    required = {"AUTH_ISSUER", "AUTH_AUDIENCE", "ROOMS_TABLE", "OPENTOK_SECRET_ID"}
    least = dict.fromkeys(required, "https://login.test")
    as_said = {
        name: value
        for name, value in said.items()
        if name not in required and re.fullmatch(r"\d+|[a-z]+", value) and value != "none"
    }

    assert said.keys() == {each for each in setting_names() if not re.search(r"_\d$", each)}
    assert len(as_said) > 30
    assert Settings.from_env(least | as_said) == Settings.from_env(least)
    assert features_off(as_said) == features_off({})
    assert cost_limits(as_said) == cost_limits({})
    assert audit_days(as_said) == audit_days({})


def test_all_that_is_wrong_is_said_in_one_go_with_its_place(project: Path) -> None:
    text = """
AUTH_ISUER = "https://login.test"
MAX_ROOMS = "many"
DEFAULT_ROOM = { name = "lobby" }
STAGE_KIND = "live"
"""
    said = refusal(operated(project, text, ROOMKEY_LOGLEVEL="DEBUG", ROOMKEY_ALLOW_SIP="some"))

    for part in (
        "AUTH_ISUER in .chalice/settings.dev.toml is no setting. It may be AUTH_ISSUER.\n",
        "DEFAULT_ROOM in .chalice/settings.dev.toml must be text, a whole number or a list",
        "ROOMKEY_LOGLEVEL of the environment is no setting. It may be LOG_LEVEL.\n",
        "MAX_ROOMS must be a whole number from 1 to 1000 (.chalice/settings.dev.toml)",
        "STAGE_KIND must be development or production (.chalice/settings.dev.toml)",
        "(the environment)",
        "AUTH_ISSUER is not set.",
        "AUTH_AUDIENCE is not set.",
        "Set them in .chalice/settings.dev.toml, or in the environment as ROOMKEY_NAME",
    ):
        assert part in said


def test_a_file_that_is_no_toml_is_named_with_the_line(project: Path) -> None:
    said = refusal(operated(project, "AUTH_ISSUER = https://login.test"))

    assert ".chalice/settings.dev.toml cannot be read: " in said
    assert "line 1" in said


def test_a_file_that_cannot_be_opened_is_named(project: Path) -> None:
    (project / ".chalice" / "settings.dev.toml").mkdir()

    said = refusal(OperatedStage(read_stage("dev", project), {}))

    assert ".chalice/settings.dev.toml cannot be read: Is a directory." in said


def test_a_setting_may_be_true_as_in_a_claim(project: Path) -> None:
    stage = operated(project, SIGN_IN + "AUTH_ADMIN_VALUE = true\nAUTH_ADMIN_CLAIM = 'admin'")

    assert stage.stage.environment["AUTH_ADMIN_VALUE"] == "true"


def test_every_setting_that_the_pages_name_exists() -> None:
    page = (PROJECT / "docs" / "deploying.md").read_text()
    part = page.partition("## Settings")[2].partition("\n## ")[0]

    documented = {each for each in setting_names() if f"`{each}`" in part}
    numbered = {each for each in setting_names() if each[-2:-1] == "_"}
    assert set(setting_names()) - documented - numbered == set()


def test_the_command_shows_the_settings_and_then_refuses_them(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(DeployError, match="AUTH_ISSUER is not set"):
        COMMANDS["settings"](operated(project))
    assert "ROOMS_TABLE" in capsys.readouterr().out


def test_a_deployment_says_all_that_is_wrong_and_nothing_twice(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "wrok")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(project / "no-such-file"))

    with pytest.raises(DeployError, match=r"^2 things are not right") as refused:
        COMMANDS["deploy"](operated(project, "MAX_ROOMS = 0"))

    for part in ("MAX_ROOMS must be", "AUTH_ISSUER is not set", "There is no AWS profile 'wrok'"):
        assert str(refused.value).count(part) == 1


def test_a_deployment_asks_the_identity_provider_before_it_changes_anything(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "wrok")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(project / "no-such-file"))

    with closed_port() as url:
        issuer = url.replace("http:", "https:")
        stage = operated(project, SIGN_IN, ROOMKEY_AUTH_ISSUER=issuer)
        with pytest.raises(DeployError) as refused:
            COMMANDS["deploy"](stage)

    assert f"{issuer}/.well-known/openid-configuration cannot be reached" in str(refused.value)
    assert "There is no AWS profile 'wrok'" in str(refused.value)


@pytest.mark.parametrize("command", ["deploy", "sign-in-check"])
def test_a_provider_of_which_no_keys_come_stops_a_command_beside_all_other_faults(
    project: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "wrok")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(project / "no-such-file"))
    with closed_port() as url:
        keys = f"{SIGN_IN}AUTH_JWKS_URL = '{url}/keys'\nAUTH_ADMIN_CLAM = 'roles'"
        with pytest.raises(DeployError) as refused:
            COMMANDS[command](operated(project, keys))

    for part in (
        f"{url}/keys cannot be reached",
        "AUTH_ADMIN_CLAM in .chalice/settings.dev.toml is no setting",
        "AUTH_JWKS_URL must begin with https://",
    ):
        assert str(refused.value).count(part) == 1


def test_a_check_of_sign_in_without_a_stage_needs_settings_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["deploy", "sign-in-check", ""])
    for name in AUTH_SETTINGS:
        monkeypatch.delenv(name, raising=False)
    assert main() == 1
    assert "Stopped: STAGE is missing.\nGive one of: STAGE=dev" in capsys.readouterr().err

    monkeypatch.setenv("AUTH_ISSUER", "https://login.test")
    assert main() == 1
    assert "AUTH_AUDIENCE is not set" in capsys.readouterr().err
