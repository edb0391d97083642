"""`make privacy-check`: what a stage must have before it carries health data, point by point."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TextIO

from botocore.exceptions import ClientError

from deploy.account import Account
from deploy.aws.audit import audit_days, audit_group
from deploy.aws.functions import find_deployed
from deploy.aws.resources import Resources
from deploy.errors import DeployError
from deploy.opentok.credentials import Secret
from deploy.opentok.uploader_keys import UploaderKeys
from deploy.privacy_keys import privacy_keys
from deploy.stage import Stage

_AGREEMENTS: Final = (
    "A Business Associate Addendum with AWS covers the account.",
    "A signed agreement with Vonage covers the Video API, recordings among it.",
    "An agreement with the identity provider covers who learns that a person is a patient.",
)
"""Points that no command can look up."""
_LOOKED_AT: Final = (
    *("ROOMS_TABLE", "OPENTOK_SECRET_ID", "ARCHIVE_BUCKET", "ATTENDANCE_DAYS", "CORS_ORIGIN"),
    *("PRIVACY", "AUDIT_ADDRESSES"),
)
"""The settings of functions that points are about."""
_BACKUP_DAYS: Final = 35
_MISSING: Final = frozenset(
    {"ServerSideEncryptionConfigurationNotFoundError", "NoSuchPublicAccessBlockConfiguration"}
)


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the list.

    Args:
        says: The point, as `docs/privacy.md` lists it.
        holds: True if it holds.
        remedy: The way to mend it.
    """

    says: str
    holds: bool
    remedy: str


def check_privacy(stage: Stage, account: Account, out: TextIO) -> None:
    """Print each point and if it holds.

    Raises:
        DeployError: A point does not hold.
    """
    points = [*points_of(stage, account, find_deployed(stage, account).api_id)]
    for each in points:
        print(f"  {'ok  ' if each.holds else 'OPEN'}  {each.says}", file=out)
        if not each.holds:
            print(f"        {each.remedy}", file=out)
    for agreement in _AGREEMENTS:
        print(f"  ask   {agreement}", file=out)
    missing = sum(not each.holds for each in points)
    if missing:
        raise DeployError(f"{missing} points are open.", "docs/privacy.md says why each matters.")


def points_of(stage: Stage, account: Account, api_id: str) -> Iterator[Point]:
    """Yield the points that can be looked up in the settings and in the account."""
    settings = stage.environment
    yield _deployed(stage, account)
    yield _bucket(stage, account)
    if stage.archive_bucket is not None:
        yield _uploads(stage, account)
    yield from _table(stage, account)
    yield _logs(stage, account)
    yield _tracing(stage, account, api_id)
    yield Point(
        "ATTENDANCE_DAYS says for how long attendance is kept.",
        bool(settings.get("ATTENDANCE_DAYS")),
        "Set it to the days that your purpose needs; 0 keeps no names.",
    )
    yield Point(
        "Only your own pages may call from a browser: CORS_ORIGIN names them.",
        settings.get("CORS_ORIGIN", "*") not in {"", "*"},
        "Set CORS_ORIGIN to the origin of your pages, and deploy.",
    )
    yield _strict(stage, account)


def _deployed(stage: Stage, account: Account) -> Point:
    """Compare the settings of the points below, since functions have those of their deployment."""
    client, differing = account.session.client("lambda"), set[str]()
    for function in stage.functions.values():
        found: Mapping[str, Any] = {}
        try:
            found = client.get_function_configuration(FunctionName=function)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
        runs_with = found.get("Environment", {}).get("Variables", {})
        differing |= {
            name
            for name in _LOOKED_AT
            if (runs_with.get(name) or "") != (stage.environment.get(name) or "")
        }
    return Point(
        "The functions run with the settings that are looked at here.",
        not differing,
        f"make deploy: {', '.join(sorted(differing))} of a function differ.",
    )


def _uploads(stage: Stage, account: Account) -> Point:
    resources = Resources(stage, account.session.client("cloudformation"))
    user = resources.output("ArchiveUploader")
    keys = user and UploaderKeys(user, stage.archive_secret_id, account.session)
    return Point(
        "OpenTok has a key to upload recordings to that bucket. Otherwise they stay in its cloud.",
        bool(keys and keys.ids()),  # the key itself is nothing that a check needs to read
        "make archive-storage gives it one.",
    )


def _strict(stage: Stage, account: Account) -> Point:
    says = "PRIVACY=strict keeps user ids and names out of logs and client tokens."
    if stage.environment.get("PRIVACY") != "strict":
        return Point(says, holds=False, remedy="Set PRIVACY=strict, and deploy.")
    keys = privacy_keys(Secret(stage, account.session.client("secretsmanager")))
    return Point(says, bool(keys), "The secret has no key yet: make deploy makes it.")


def _bucket(stage: Stage, account: Account) -> Point:
    bucket = stage.archive_bucket
    says = "Recordings go to a bucket of your own, encrypted and closed to the public."
    if bucket is None:
        return Point(says, holds=False, remedy="Set ARCHIVE_BUCKET, then: make archive-storage.")
    s3 = account.session.client("s3")
    encrypted = _unless_missing(lambda: s3.get_bucket_encryption(Bucket=bucket))
    block = _unless_missing(lambda: s3.get_public_access_block(Bucket=bucket))
    closed = all(block.get("PublicAccessBlockConfiguration", {"": False}).values())
    return Point(says, bool(encrypted) and closed, "make deploy sets both anew.")


def _unless_missing(read: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    try:
        return read()
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return {}
        raise


def _table(stage: Stage, account: Account) -> Iterator[Point]:
    client, table = account.session.client("dynamodb"), stage.table
    backups = client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {})
    yield Point(
        "The table has backups of 35 days, and no other copy is made by the service.",
        recovery.get("PointInTimeRecoveryStatus") == "ENABLED"
        and recovery.get("RecoveryPeriodInDays", _BACKUP_DAYS) == _BACKUP_DAYS,
        "make deploy sets it anew.",
    )
    expiry = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    yield Point(
        "The table deletes what has expired.",
        expiry.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"},
        "make deploy sets it anew.",
    )
    state = client.describe_table(TableName=table)["Table"].get("SSEDescription", {})
    yield Point(
        "The table is encrypted by KMS.",
        state.get("Status") in {"ENABLED", "UPDATING"},
        "make deploy sets it anew.",
    )


def _logs(stage: Stage, account: Account) -> Point:
    limit, client = stage.limits.log_retention_days, account.session.client("logs")
    wrong = []
    longest = {f"/aws/lambda/{function}": limit for function in stage.functions.values()}
    longest[audit_group(stage.name)] = int(audit_days(stage.environment))
    for name, most in longest.items():
        groups = client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        days = {each["logGroupName"]: each.get("retentionInDays") for each in groups}.get(name)
        if days is None or days > most:
            wrong.append(name)
    return Point(
        f"Each log is deleted after {limit} days or fewer, and the audit log after AUDIT_DAYS.",
        not wrong,
        f"make deploy sets it anew for {', '.join(wrong)}.",
    )


def _tracing(stage: Stage, account: Account, api_id: str) -> Point:
    gateway = account.session.client("apigateway")
    settings = gateway.get_stage(restApiId=api_id, stageName=stage.gateway_stage)
    traced = [
        path
        for path, each in settings.get("methodSettings", {}).items()
        if each.get("dataTraceEnabled")
    ]
    return Point(
        "API Gateway does not write whole answers to its log.",
        not traced,
        f"Switch data tracing off for {', '.join(traced)}.",
    )
