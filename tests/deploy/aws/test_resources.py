from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError, WaiterError

from deploy.account_settings import AccountSettings
from deploy.aws.resources import Resources
from deploy.cost_limits import cost_limits
from deploy.errors import DeployError
from deploy.stage import Stage, read_stage

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


BUCKET = "roomkey-dev-archives-1"


class RecordedCloudFormation:
    """CloudFormation's client, as far as the step uses it, in a state that a test chooses."""

    def __init__(
        self,
        status: str | None,
        *,
        failing: bool = False,
        new: bool = True,
        archives: str | None = None,
        kind: str | None = None,
        key: str | None = None,
        exported: bool = False,
    ) -> None:
        self._status = status
        self._kind = kind
        self._key = key
        self._exported = exported
        self.tags: list[dict[str, str]] | None = None
        self._archives = archives
        self._failing = failing
        self._new = new
        self.asked: list[tuple[str, dict[str, str]]] = []

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        if self._status is None:
            raise refusal("Stack with id roomkey-dev does not exist")
        outputs = [{"OutputKey": "StateBucket", "OutputValue": "a-bucket"}]
        if self._exported:
            outputs.append({"OutputKey": "Exported", "OutputValue": "yes"})
        stack: dict[str, Any] = {"StackStatus": self._status, "Outputs": outputs}
        if self._archives is not None:
            parameter = {"ParameterKey": "ArchiveBucket", "ParameterValue": self._archives}
            stack["Parameters"] = [parameter]
        if self._kind is not None:
            stack["Parameters"] = [{"ParameterKey": "Kind", "ParameterValue": self._kind}]
        if self._key is not None:
            stack["Parameters"] = [{"ParameterKey": "KmsKey", "ParameterValue": self._key}]
        return {"Stacks": [stack]}

    def create_stack(self, **asked: Any) -> None:
        self._note("create", asked)

    def update_stack(self, **asked: Any) -> None:
        if not self._new:
            raise refusal("No updates are to be performed.")
        self._note("update", asked)

    def _note(self, verb: str, asked: dict[str, Any]) -> None:
        assert asked["Capabilities"] == ["CAPABILITY_NAMED_IAM"]
        parameters = asked["Parameters"]
        values = {each["ParameterKey"]: each["ParameterValue"] for each in parameters}
        self.asked.append((verb, values))
        self.tags = asked.get("Tags")

    def get_waiter(self, _: str) -> "RecordedCloudFormation":
        return self

    def wait(self, **_: Any) -> None:
        if self._failing:
            raise WaiterError("StackCreateComplete", "terminal state", {})

    def describe_stack_events(self, **_: Any) -> dict[str, Any]:
        """Newest first, as CloudFormation tells them."""
        return {"StackEvents": list(reversed(list(_failure())))}


def _failure() -> Iterator[dict[str, str]]:
    for name, reason in (("RoomsTable", "Limit exceeded"), ("Dashboard", "creation cancelled")):
        yield {
            "LogicalResourceId": name,
            "ResourceStatus": "CREATE_FAILED",
            "ResourceStatusReason": reason,
        }


def refusal(message: str) -> ClientError:
    return ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "Operation")


def resources(client: RecordedCloudFormation, archive_bucket: str = "") -> Resources:
    stage = read_stage("dev")
    own = {"environment_variables": {"ARCHIVE_BUCKET": archive_bucket}}
    stage = Stage("dev", {**stage.config, "stages": {"dev": own}})
    return Resources(stage, cast("CloudFormationClient", client))


LIMITS = {**cost_limits({}), "RotationDays": "0", **AccountSettings().parameters}


def test_the_limits_of_cost_are_settings_of_the_stage() -> None:
    chosen = {
        "ALARM_MINUTES_PER_DAY": "5",
        "ALARM_LIVE_RECORDINGS": "6",
        "ALARM_TOKENS_PER_MINUTE": "7",
        "MONTHLY_BUDGET_USD": "900",
    }
    assert cost_limits(chosen) == {
        "AlarmMinutesPerDay": "5",
        "AlarmLiveRecordings": "6",
        "AlarmTokensPerMinute": "7",
        "MonthlyBudgetUsd": "900",
        "BudgetCentsPerDay": "3000",
    }


@pytest.mark.parametrize("text", ["-1", "ten", "1e3", "0", "99999999999"])
def test_a_limit_that_is_none_stops_the_deployment(text: str) -> None:
    with pytest.raises(DeployError, match="ALARM_LIVE_RECORDINGS"):
        cost_limits({"ALARM_LIVE_RECORDINGS": text})


def test_a_stack_that_is_not_there_is_created() -> None:
    client = RecordedCloudFormation(None)

    assert resources(client).apply() == "created"
    wanted = {
        "Stage": "dev",
        "Kind": "development",
        "Serving": "yes",
        "ArchiveBucket": "",
        "AuditDays": "400",
        **LIMITS,
    }
    assert client.asked == [("create", wanted)]


def test_a_stack_that_is_there_is_updated() -> None:
    client = RecordedCloudFormation("CREATE_COMPLETE")

    assert resources(client).apply() == "updated"
    wanted = {
        "Stage": "dev",
        "Kind": "development",
        "Serving": "yes",
        "ArchiveBucket": "",
        "AuditDays": "400",
        **LIMITS,
    }
    assert client.asked == [("update", wanted)]


def test_a_stack_without_changes_is_up_to_date() -> None:
    assert resources(RecordedCloudFormation("UPDATE_COMPLETE", new=False)).apply() == "up to date"


def test_a_stage_that_no_longer_serves_keeps_its_stack_with_its_data() -> None:
    client = RecordedCloudFormation("CREATE_COMPLETE", archives=BUCKET)

    resources(client).apply(serving=False)

    wanted = {
        "Stage": "dev",
        "Kind": "development",
        "Serving": "no",
        "ArchiveBucket": BUCKET,
        "AuditDays": "400",
        **LIMITS,
    }
    assert client.asked == [("update", wanted)]


@pytest.mark.parametrize("before", [None, "", BUCKET])
def test_a_bucket_for_recordings_is_made_where_the_settings_name_one(before: str | None) -> None:
    client = RecordedCloudFormation("CREATE_COMPLETE", archives=before)

    resources(client, BUCKET).apply()

    assert [each["ArchiveBucket"] for _, each in client.asked] == [BUCKET]


def test_a_bucket_with_recordings_stays_the_stacks_when_the_settings_forget_it() -> None:
    client = RecordedCloudFormation("CREATE_COMPLETE", archives=BUCKET)

    resources(client).apply()

    assert [each["ArchiveBucket"] for _, each in client.asked] == [BUCKET]


def test_recordings_are_not_left_behind_in_another_bucket() -> None:
    client = RecordedCloudFormation("CREATE_COMPLETE", archives=BUCKET)

    with pytest.raises(DeployError, match=f"are in {BUCKET}"):
        resources(client, "roomkey-dev-archives-2").apply()
    assert client.asked == []


def test_production_is_not_made_development_by_a_setting_that_is_missing() -> None:
    client = RecordedCloudFormation("CREATE_COMPLETE", kind="production")

    for act in (resources(client).apply, resources(client).check):
        with pytest.raises(DeployError, match="is of production, and STAGE_KIND says development"):
            act()
    assert client.asked == []
    resources(RecordedCloudFormation("CREATE_COMPLETE", kind="development")).check()
    resources(RecordedCloudFormation(None)).check()


def test_a_stack_of_another_tool_is_left_alone() -> None:
    client = RecordedCloudFormation("CREATE_COMPLETE", exported=True)

    for act in (resources(client).apply, resources(client).check):
        with pytest.raises(DeployError, match="Another tool deployed stage dev"):
            act()
    assert client.asked == []


KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"


def demanding(client: RecordedCloudFormation, **settings: str) -> Resources:
    """Return the stack of a stage with these settings of the account."""
    stage = read_stage("dev").with_settings(settings)
    return Resources(stage, cast("CloudFormationClient", client))


def test_the_stack_has_what_the_account_demands() -> None:
    client = RecordedCloudFormation(None)
    demanding(client, KMS_KEY=KEY, TAGS="team=video").apply()

    ((_, parameters),) = client.asked
    assert parameters["KmsKey"] == KEY
    assert client.tags == [{"Key": "team", "Value": "video"}]


def test_a_stack_without_tags_in_the_settings_keeps_those_it_was_given() -> None:
    client = RecordedCloudFormation("CREATE_COMPLETE")
    resources(client).apply()
    assert client.tags is None


@pytest.mark.parametrize("wanted", ["", f"{KEY}2"])
def test_data_are_not_left_behind_under_another_key(wanted: str) -> None:
    client = RecordedCloudFormation("CREATE_COMPLETE", key=KEY)

    with pytest.raises(DeployError, match=f"are encrypted with {KEY}"):
        demanding(client, KMS_KEY=wanted).apply()
    assert client.asked == []


@pytest.mark.parametrize("before", ["", KEY])
def test_a_key_is_taken_into_use_and_stays(before: str) -> None:
    client = RecordedCloudFormation("CREATE_COMPLETE", key=before)
    assert demanding(client, KMS_KEY=KEY).apply() == "updated"


def test_the_first_resource_that_failed_is_named_with_its_reason() -> None:
    with pytest.raises(DeployError, match=r"RoomsTable: Limit exceeded"):
        resources(RecordedCloudFormation(None, failing=True)).apply()


def test_a_left_over_of_a_failed_creation_is_named_with_what_to_do() -> None:
    with pytest.raises(DeployError, match=r"left over") as failure:
        resources(RecordedCloudFormation("ROLLBACK_COMPLETE")).apply()

    assert "delete-stack --stack-name roomkey-dev" in failure.value.remedy


def test_a_stack_that_is_not_there_has_no_outputs() -> None:
    assert resources(RecordedCloudFormation(None)).output("StateBucket") is None
    assert resources(RecordedCloudFormation("CREATE_COMPLETE")).output("StateBucket") == "a-bucket"
    assert resources(RecordedCloudFormation("CREATE_COMPLETE")).output("Other") is None
