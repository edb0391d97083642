"""`make stage` makes any stage from the files of `dev`."""

import json
import shutil
from pathlib import Path

import pytest

from deploy.errors import DeployError
from deploy.new_stage import make_stage
from deploy.settings.operated import OperatedStage
from deploy.stage import PROJECT, read_stage


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(
        PROJECT / ".chalice",
        tmp_path / ".chalice",
        ignore=shutil.ignore_patterns("deploy*", "settings.*", "venv"),
    )
    return tmp_path


def test_a_new_stage_has_policies_settings_and_resources_of_its_own(project: Path) -> None:
    written = make_stage("alice", "development", project)

    assert all((project / each).is_file() for each in written)
    for policy in sorted((project / ".chalice").glob("policy-dev*.json")):
        own = policy.with_name(policy.name.replace("dev", "alice"))
        assert own.read_text() == policy.read_text().replace("dev", "alice")
    stage = read_stage("alice", project)
    assert (stage.table, stage.secret_id) == ("roomkey-alice-rooms", "roomkey/alice/opentok")
    assert (stage.kind, stage.stack) == ("development", "roomkey-alice")
    own_policy = stage.config["stages"]["alice"]["lambda_functions"]["check_sessions"]
    assert own_policy == {"iam_policy_file": "policy-alice-check_sessions.json"}


def test_the_settings_of_a_new_stage_are_a_file_with_its_name_in_it(project: Path) -> None:
    make_stage("prod-us", "production", project)

    text = (project / ".chalice" / "settings.prod-us.toml").read_text()
    assert "make settings STAGE=prod-us" in text
    stage = OperatedStage(read_stage("prod-us", project), {})
    assert stage.settings.faults == ()
    assert stage.stage.keeps_data
    uncommented = text.replace("# AUTH_", "AUTH_").replace("# STAGE_REGION", "STAGE_REGION")
    (project / ".chalice" / "settings.prod-us.toml").write_text(uncommented)
    OperatedStage(read_stage("prod-us", project), {}).check()


def test_a_stage_whose_name_begins_with_that_of_the_template_is_not_copied(project: Path) -> None:
    make_stage("dev-us", "development", project)

    written = make_stage("alice", "development", project)
    assert not [each for each in written if "alice-us" in each]
    assert not list((project / ".chalice").glob("policy-alice-us*"))


def test_nothing_else_in_the_projects_file_changes(project: Path) -> None:
    file = project / ".chalice" / "config.json"
    before = file.read_text()

    make_stage("alice", "development", project)

    config = json.loads(file.read_text())
    del config["stages"]["alice"]
    assert json.dumps(config, indent=2) + "\n" == before


def test_settings_that_are_there_stay_as_they_are(project: Path) -> None:
    own = project / ".chalice" / "settings.alice.toml"
    own.write_text("MAX_ROOMS = 5\n")

    make_stage("alice", "development", project)

    assert own.read_text() == "MAX_ROOMS = 5\n"


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("", "development", "NAME is missing"),
        ("Alice", "development", "cannot have the name 'Alice'"),
        ("2nd", "development", "cannot have the name"),
        ("a" * 17, "development", "cannot have the name"),
        ("prod_us", "development", "cannot have the name"),
        ("../prod", "development", "cannot have the name"),
        ("prod-", "development", "cannot have the name"),
        ("local", "development", "cannot have the name"),
        ("prod-archives", "development", "cannot have the name"),
        ("dev-state", "development", "cannot have the name"),
        ("dev", "development", "Stage dev exists"),
        ("alice", "live", "cannot be of the kind 'live'"),
    ],
)
def test_a_stage_that_cannot_be_is_refused_and_nothing_is_written(
    project: Path, name: str, kind: str, said: str
) -> None:
    before = sorted(each.name for each in (project / ".chalice").iterdir())

    with pytest.raises(DeployError, match=said):
        make_stage(name, kind, project)
    assert sorted(each.name for each in (project / ".chalice").iterdir()) == before
