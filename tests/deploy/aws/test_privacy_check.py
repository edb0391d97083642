"""`make privacy-check`: a point for each thing that a stage must have."""

import json
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from deploy.account import Account
from deploy.privacy_check import Point, points_of
from deploy.stage import Stage, read_stage

BUCKET = "roomkey-dev-archives-1"
BLOCKED = dict.fromkeys(
    ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
)
ANSWERS: dict[str, Any] = {
    "get_bucket_encryption": {"ServerSideEncryptionConfiguration": {"Rules": []}},
    "get_public_access_block": {"PublicAccessBlockConfiguration": BLOCKED},
    "describe_continuous_backups": {
        "ContinuousBackupsDescription": {
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}
        }
    },
    "describe_time_to_live": {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED"}},
    "describe_table": {"Table": {"SSEDescription": {"Status": "ENABLED"}}},
    "get_stage": {"methodSettings": {"*/*": {"dataTraceEnabled": False}}},
    "get_secret_value": {"SecretString": json.dumps({"privacyKeys": ["5e" * 32]})},
    "list_access_keys": {"AccessKeyMetadata": [{"AccessKeyId": "AKIA1", "CreateDate": 0}]},
    "describe_stacks": {
        "Stacks": [{"Outputs": [{"OutputKey": "ArchiveUploader", "OutputValue": "uploader"}]}]
    },
}
SETTINGS = {
    "ROOMS_TABLE": "roomkey-dev-rooms",
    "OPENTOK_SECRET_ID": "roomkey/dev/opentok",
    "ARCHIVE_BUCKET": BUCKET,
    "ATTENDANCE_DAYS": "7",
    "CORS_ORIGIN": "https://clinic.example.com",
    "PRIVACY": "strict",
}
ANSWERS["get_function_configuration"] = {"Environment": {"Variables": SETTINGS}}


class RecordedAws:
    """AWS's clients, as far as the check asks them."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self._answers = {**ANSWERS, **answers}

    def client(self, _service: str) -> "RecordedAws":
        return self

    def describe_log_groups(self, *, logGroupNamePrefix: str) -> Any:  # noqa: N803  AWS's name
        of_audit = logGroupNamePrefix.endswith("/audit")
        days = self._answers.get("audit days" if of_audit else "days", 400 if of_audit else 14)
        longer = {"logGroupName": f"{logGroupNamePrefix}-more"}
        group = {"logGroupName": logGroupNamePrefix, "retentionInDays": days}
        return {"logGroups": [longer, group if days else {"logGroupName": logGroupNamePrefix}]}

    def __getattr__(self, method: str) -> Any:
        answer = self._answers[method]

        def call(**_: object) -> Any:
            if isinstance(answer, ClientError):
                raise answer
            return answer

        return call


def stage_with(settings: dict[str, str]) -> Stage:
    stage = read_stage("dev")
    own = {**stage.config["stages"]["dev"], "environment_variables": settings}
    return Stage("dev", {**stage.config, "stages": {"dev": own}})


def open_points(answers: dict[str, Any], settings: dict[str, str] | None = None) -> list[str]:
    account = Account("1", "eu-west-1", cast("Any", RecordedAws(answers)))
    points = points_of(stage_with({**SETTINGS, **(settings or {})}), account, "api1")
    return [each.says for each in points if not each.holds]


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "Get")


def test_a_stage_with_all_points_has_none_open() -> None:
    assert open_points({}) == []


@pytest.mark.parametrize(
    ("answers", "word"),
    [
        ({"get_bucket_encryption": refused("ServerSideEncryptionConfigurationNotFoundError")},
         "bucket"),
        ({"get_public_access_block": refused("NoSuchPublicAccessBlockConfiguration")}, "bucket"),
        ({"get_public_access_block": {"PublicAccessBlockConfiguration":
          {**BLOCKED, "BlockPublicAcls": False}}}, "bucket"),
        ({"list_access_keys": {"AccessKeyMetadata": []}}, "OpenTok has a key"),
        ({"describe_stacks": {"Stacks": [{}]}}, "OpenTok has a key"),
        ({"get_function_configuration": {}}, "run with"),
        ({"get_function_configuration": refused("ResourceNotFoundException")}, "run with"),
        ({"get_function_configuration":
          {"Environment": {"Variables": {**SETTINGS, "PRIVACY": "usual"}}}}, "run with"),
        ({"describe_continuous_backups": {"ContinuousBackupsDescription": {
          "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED",
          "RecoveryPeriodInDays": 7}}}}, "backups"),
        ({"describe_continuous_backups": {"ContinuousBackupsDescription": {}}}, "backups"),
        ({"describe_time_to_live": {"TimeToLiveDescription": {}}}, "expired"),
        ({"describe_table": {"Table": {}}}, "KMS"),
        ({"days": None}, "log"),
        ({"days": 15}, "log"),
        ({"audit days": 3653}, "log"),
        ({"get_secret_value": {"SecretString": "{}"}},
         "PRIVACY"),
        ({"get_stage": {"methodSettings": {"*/*": {"dataTraceEnabled": True}}}}, "API Gateway"),
    ],
)  # fmt: skip
def test_what_the_account_lacks_is_an_open_point(answers: dict[str, Any], word: str) -> None:
    (point,) = open_points(answers)
    assert word in point


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ARCHIVE_BUCKET", ""),
        ("ATTENDANCE_DAYS", ""),
        ("CORS_ORIGIN", "*"),
        ("PRIVACY", "usual"),
    ],
)
def test_a_setting_that_was_not_chosen_is_an_open_point(name: str, value: str) -> None:
    deployed = {"Environment": {"Variables": {**SETTINGS, name: value}}}
    assert len(open_points({"get_function_configuration": deployed}, {name: value})) == 1


def test_another_error_of_aws_is_not_taken_for_a_missing_setting() -> None:
    with pytest.raises(ClientError):
        open_points({"get_bucket_encryption": refused("AccessDenied")})


def test_a_point_says_how_to_mend_it() -> None:
    account = Account("1", "eu-west-1", cast("Any", RecordedAws({})))
    points = points_of(stage_with(SETTINGS), account, "api1")
    assert all(isinstance(each, Point) and each.remedy for each in points)
