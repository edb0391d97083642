import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.api.http.responses import STATUS
from deploy.aws.functions import Deployed
from deploy.aws.resources import TEMPLATE
from deploy.packaging.aws_descriptions import OPERATIONS
from deploy.stage import read_stage
from deploy.summary import summary
from tests.rehearsal.template import resources_of

if TYPE_CHECKING:
    from chalicelib.errors import RoomkeyError

API = "roomkey-${Stage}"
RESOURCES: dict[str, Any] = json.loads(TEMPLATE.read_text())["Resources"]
FAILURES = {"Errors", "Internal", "NotConfigured", "StoreUnavailable"}
SCHEDULED = set(read_stage("prod").scheduled) - {"refill_session_pool"}
"""Without the pool's refill: if it does not run, the pool's own alarm rings."""
OF_RECORDINGS = ["ArchiveUploader", "Archives", "ArchivesPolicy"]
OF_THE_AUDIT = ["AuditLog", "AuditStream"]
OF_A_BUDGET = ["AlarmTopicPolicy", "EstimatedCost", "MonthlyBudget"]
OF_A_NETWORK = sorted(name for name in RESOURCES if "Endpoint" in name)
OF_A_ROTATION = "RotationErrors"
OF_A_SERVING_STAGE = sorted(
    set(RESOURCES)
    - {"RoomsTable", "OpenTokSecret", *OF_THE_AUDIT, *OF_RECORDINGS, *OF_A_BUDGET, *OF_A_NETWORK}
    - {OF_A_ROTATION}
)
SERVICES = {"cloudwatch": "monitoring"}
"""Services whose endpoints have another name."""
PRINCIPALS = {"AWS::IAM::Role", "AWS::IAM::User"}
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
BOUNDARY = "arn:aws:iam::123456789012:policy/roomkey-boundary"


def stack(**parameters: str) -> dict[str, Any]:
    """Return the properties of what a stack with these parameters has."""
    return {each.id: each.properties for each in resources_of({"Stage": "dev", **parameters})}


def test_the_table_is_on_demand_encrypted_recoverable_and_forgets() -> None:
    table = RESOURCES["RoomsTable"]["Properties"]

    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert stack()["RoomsTable"]["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiresAt", "Enabled": True}


def test_prods_table_cannot_be_deleted_by_accident() -> None:
    table = RESOURCES["RoomsTable"]

    assert table["Properties"]["DeletionProtectionEnabled"] == {"Fn::If": ["Kept", True, False]}


@pytest.mark.parametrize("name", ["RoomsTable", "OpenTokSecret", *OF_THE_AUDIT])
def test_data_outlive_the_stack_unless_its_creation_failed(name: str) -> None:
    assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"
    assert "Condition" not in RESOURCES[name]


def test_the_secret_is_empty_at_first_and_never_reset_by_an_update() -> None:
    assert set(RESOURCES["OpenTokSecret"]["Properties"]) == {"Name", "Description", "KmsKeyId"}


@pytest.mark.parametrize("name", OF_A_SERVING_STAGE)
def test_all_else_goes_when_the_stage_no_longer_serves(name: str) -> None:
    assert RESOURCES[name]["Condition"] == "Serving"


@pytest.mark.parametrize("name", OF_A_BUDGET)
def test_a_budget_is_there_where_the_settings_name_one(name: str) -> None:
    assert RESOURCES[name]["Condition"] == "Budget"


def test_all_data_are_encrypted_with_the_customers_key_where_the_settings_name_one() -> None:
    encrypted = stack(KmsKey=KEY, ArchiveBucket="roomkey-dev-archives-1")
    plain = stack(ArchiveBucket="roomkey-dev-archives-1")

    for name, key in (
        ("OpenTokSecret", "KmsKeyId"),
        ("AlarmTopic", "KmsMasterKeyId"),
        ("AuditLog", "KmsKeyId"),
        ("AuditCopierLog", "KmsKeyId"),
        ("AuditCopier", "KmsKeyArn"),
    ):
        assert encrypted[name][key] == KEY
        assert key not in plain[name]
    assert encrypted["RoomsTable"]["SSESpecification"]["KMSMasterKeyId"] == KEY
    for name in ("StateBucket", "Archives"):
        (rule,) = encrypted[name]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule == {
            "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY},
            "BucketKeyEnabled": True,
        }
    (policy,) = encrypted["ArchiveUploader"]["Policies"]
    (given,) = (each for each in policy["PolicyDocument"]["Statement"] if each["Resource"] == KEY)
    assert given["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


def test_each_role_and_user_of_the_stack_is_bounded_where_the_settings_say_so() -> None:
    bounded = stack(PermissionsBoundary=BOUNDARY, ArchiveBucket="roomkey-dev-archives-1")
    free = stack(ArchiveBucket="roomkey-dev-archives-1")

    found = {name for name, each in RESOURCES.items() if each["Type"] in PRINCIPALS}
    assert found == {"ArchiveUploader", "AuditCopierRole"}
    for name in found:
        assert bounded[name]["PermissionsBoundary"] == BOUNDARY
        assert "PermissionsBoundary" not in free[name]


def test_the_stacks_function_is_in_the_network_with_endpoints_of_what_functions_call() -> None:
    network = {"Subnets": "subnet-1,subnet-2", "SecurityGroup": "sg-1"}
    connected = stack(**network)
    assert connected["AuditCopier"]["VpcConfig"] == {
        "SubnetIds": ["subnet-1", "subnet-2"],
        "SecurityGroupIds": ["sg-1"],
    }
    assert "ec2:CreateNetworkInterface" in str(connected["AuditCopierRole"])
    assert "VpcConfig" not in stack()["AuditCopier"]
    assert "ec2:" not in str(stack()["AuditCopierRole"])
    assert not set(OF_A_NETWORK) & set(connected)

    endpoints = stack(**network, Vpc="vpc-1", RouteTables="rtb-1")
    made = {name: endpoints[name] for name in OF_A_NETWORK}
    (rule,) = made.pop("EndpointsGroup")["SecurityGroupIngress"]
    assert (rule["SourceSecurityGroupId"], rule["FromPort"], rule["ToPort"]) == ("sg-1", 443, 443)
    services = {each["ServiceName"].rpartition(".")[2] for each in made.values()}
    assert services == {SERVICES.get(name, name) for name in OPERATIONS} | {"logs"}
    assert {RESOURCES[name]["Condition"] for name in OF_A_NETWORK} == {"Endpoints"}


def test_the_alarm_of_the_rotation_is_there_where_the_settings_have_one() -> None:
    assert RESOURCES[OF_A_ROTATION]["Condition"] == "Rotating"


def test_the_budget_tells_the_topic_which_lets_it() -> None:
    notifications = RESOURCES["MonthlyBudget"]["Properties"]["NotificationsWithSubscribers"]
    told = [each["Address"] for one in notifications for each in one["Subscribers"]]
    assert told == [{"Ref": "AlarmTopic"}] * 2
    (statement,) = RESOURCES["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    services = {"budgets.amazonaws.com", "cloudwatch.amazonaws.com"}
    assert set(statement["Principal"]["Service"]) == services


@pytest.mark.parametrize(
    ("name", "metrics"),
    [
        ("LiveRecordings", {"RecordingSeconds"}),
        (
            "TokensPerMinute",
            {"TokensModerator", "TokensPublisher", "TokensSubscriber", "TokensPublisheronly"},
        ),
    ],
)
def test_alarms_of_use_add_up_what_is_counted(name: str, metrics: set[str]) -> None:
    expression, *watched = RESOURCES[name]["Properties"]["Metrics"]
    assert {each["MetricStat"]["Metric"]["MetricName"] for each in watched} == metrics
    assert all(f"FILL({each['Id']}, 0)" in expression["Expression"] for each in watched)


def test_the_bucket_is_encrypted_versioned_and_private() -> None:
    bucket = RESOURCES["StateBucket"]["Properties"]

    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    (statement,) = RESOURCES["StateBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("name", OF_RECORDINGS)
def test_what_recordings_need_is_there_where_they_are_wanted_and_stays_with_them(name: str) -> None:
    assert RESOURCES[name]["Condition"] == "OwnArchives"


def test_the_bucket_for_recordings_outlives_the_stack_and_is_private_and_encrypted() -> None:
    archives = RESOURCES["Archives"]
    bucket = archives["Properties"]

    assert archives["DeletionPolicy"] == "RetainExceptOnCreate"
    assert archives["UpdateReplacePolicy"] == "Retain"
    encryption = stack(ArchiveBucket="roomkey-dev-archives-1")["Archives"]["BucketEncryption"]
    (rule,) = encryption["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    (statement,) = RESOURCES["ArchivesPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_recording_once_deleted_is_gone_and_half_an_upload_too() -> None:
    bucket = RESOURCES["Archives"]["Properties"]

    assert "VersioningConfiguration" not in bucket
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


def test_opentoks_user_may_upload_and_find_the_bucket_and_nothing_else() -> None:
    user = stack(ArchiveBucket="roomkey-dev-archives-1")["ArchiveUploader"]
    (policy,) = user["Policies"]
    statements = policy["PolicyDocument"]["Statement"]

    assert {each["Action"]: each["Resource"] for each in statements} == {
        "s3:PutObject": "<Archives.Arn>/*",
        "s3:ListBucket": "<Archives.Arn>",
        "s3:ListAllMyBuckets": "*",
    }
    assert {each["Effect"] for each in statements} == {"Allow"}


def test_alarms_watch_errors_throttles_the_provider_and_slowness() -> None:
    alarms = [each["Properties"] for each in RESOURCES.values() if each["Type"].endswith("::Alarm")]

    single = [each for each in alarms if "MetricName" in each]
    watched = {
        (each["Namespace"], each["MetricName"], each["Dimensions"][0]["Value"]["Fn::Sub"])
        for each in single
    }
    assert watched == {
        ("AWS/Lambda", "Throttles", API),
        ("AWS/Lambda", "Errors", f"{API}-copy_audit"),
        ("AWS/Lambda", "Errors", f"{API}-rotate_credentials"),
        ("AWS/Lambda", "Duration", API),
        ("Roomkey", "ProviderUnavailable", API),
        ("Roomkey", "SessionPoolDry", API),
        ("Roomkey", "UnknownConnections", f"{API}-check_sessions"),
        ("Roomkey", "OldestDueSession", f"{API}-reconcile_sessions"),
        ("Roomkey", "ParticipantMinutes", f"{API}-check_sessions"),
        ("Roomkey", "LongBroadcasts", f"{API}-check_sessions"),
        ("Roomkey", "EstimatedCents", f"{API}-check_sessions"),
    }
    assert all(each["AlarmActions"] == [{"Ref": "AlarmTopic"}] for each in alarms)


def test_the_alarm_for_errors_knows_each_error_that_somebody_here_must_mend() -> None:
    watched = RESOURCES["FunctionErrors"]["Properties"]["Metrics"][1:]
    names = {each["MetricStat"]["Metric"]["MetricName"] for each in watched}
    ours = {
        "".join(word.capitalize() for word in cast("type[RoomkeyError]", error).code.split("_"))
        for error, status in STATUS.items()
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR
    }

    # What a callback is answered with so that OpenTok sends it again is nobody's to mend.
    asked_again = {"CallbackUnsigned", "SessionUnknown"}
    # A start that is not confirmed counts as `ProviderUnavailable`, too; that has its own alarm.
    watched_elsewhere = {"ProviderUnavailable", "StartUnconfirmed"}
    assert names == (ours - watched_elsewhere - asked_again) | {"Errors"}
    for each in watched:
        expression = RESOURCES["FunctionErrors"]["Properties"]["Metrics"][0]["Expression"]
        assert f"FILL({each['Id']}, 0)" in expression


@pytest.mark.parametrize(
    ("name", "metrics", "functions"),
    [
        ("ScheduledErrors", FAILURES, {"enforce_closing_times", "reconcile_sessions"}),
        (
            "DeleteExpiredArchivesErrors",
            {*FAILURES, "ArchiveDeletionsFailed"},
            {"delete_expired_archives"},
        ),
        ("SessionChecksErrors", FAILURES, {"check_sessions"}),
        ("ScheduledThrottles", {"Throttles"}, SCHEDULED),
        ("ScheduledRunsMissing", {"Invocations"}, SCHEDULED),
    ],
)
def test_alarms_watch_each_function_that_runs_by_itself(
    name: str, metrics: set[str], functions: set[str]
) -> None:
    expression, *watched = RESOURCES[name]["Properties"]["Metrics"]

    found = [each["MetricStat"]["Metric"] for each in watched]
    assert {(each["MetricName"], each["Dimensions"][0]["Value"]["Fn::Sub"]) for each in found} == {
        (metric, f"{API}-{function}") for metric in metrics for function in functions
    }
    assert all(f"FILL({each['Id']}, 0)" in expression["Expression"] for each in watched)


def test_an_alarm_tells_that_opentok_refuses_what_runs_by_itself() -> None:
    expression, *watched = RESOURCES["ScheduledRefused"]["Properties"]["Metrics"]

    found = [each["MetricStat"]["Metric"] for each in watched]
    assert {(each["MetricName"], each["Dimensions"][0]["Value"]["Fn::Sub"]) for each in found} == {
        ("DisconnectsRefused", f"{API}-enforce_closing_times"),
        ("ReconciliationRefused", f"{API}-check_sessions"),
    }
    assert all(f"FILL({each['Id']}, 0)" in expression["Expression"] for each in watched)


def test_an_alarm_watches_no_more_metrics_than_cloudwatch_lets_it() -> None:
    for each in RESOURCES.values():
        assert len(each.get("Properties", {}).get("Metrics", ())) <= 10


def test_functions_that_do_not_run_at_all_raise_an_alarm() -> None:
    alarm = RESOURCES["ScheduledRunsMissing"]["Properties"]

    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["ComparisonOperator"] == "LessThanThreshold"


def test_the_summary_tells_what_the_alarms_cost() -> None:
    """CloudWatch charges 10 cents for each metric that an alarm looks at."""
    alarms = [each["Properties"] for each in RESOURCES.values() if each["Type"].endswith("::Alarm")]
    cents = 10 * sum(len(each.get("Metrics", [None, None])) - 1 for each in alarms)

    stage = read_stage("prod").with_settings({"AUTH_ISSUER": "https://login.test"})
    text = summary(stage, Deployed("", "", ()), None)
    assert f"{cents / 100:.2f} for the alarms" in text


def test_the_dashboard_is_json() -> None:
    body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]

    assert len(json.loads(body)["widgets"]) >= 4
