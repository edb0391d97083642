"""The commands of `docs/runbook.md`, and those that the rehearsal runs."""

import re
from pathlib import Path
from typing import Final

_PAGE: Final = Path(__file__).parents[2] / "docs" / "runbook.md"
_FENCED: Final = re.compile(r"^```\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SPAN: Final = re.compile(r"`([^`]+)`")
_COMMAND: Final = re.compile(r"(?:[A-Z_]+=\S+ )?(?:make \S+|aws|git|sed|echo) \S")
"""A command. `make deploy` alone only mentions one."""

WHILE_IT_RUNS: Final = (
    "aws cloudwatch describe-alarms --alarm-name-prefix roomkey-prod- --state-value ALARM",
    "make rooms STAGE=prod",
    "make who STAGE=prod ROOM=seats",
    "make free STAGE=prod ROOM=seats",
    "make free STAGE=prod ROOM=seats END=1",
    "make bearer-help STAGE=prod",
    "make settings STAGE=prod",
    "make sign-in-check STAGE=prod",
    "make callbacks STAGE=prod",
    "make usage STAGE=prod MONTH=2026-11 CSV=usage.csv",
    "make user-data STAGE=prod ID='auth0|5f7c' OUT=user.json",
    "make user-data STAGE=prod ID='auth0|5f7c' OUT=before.json ERASE=1",
    "make privacy-key STAGE=prod",
    "make user-hash STAGE=prod ID='auth0|5f7c'",
    "aws logs tail /aws/lambda/roomkey-prod --since 15m",
    "aws logs tail /aws/lambda/roomkey-prod-enforce_closing_times --since 15m",
    "aws logs tail /aws/lambda/roomkey-prod-reconcile_sessions --since 15m",
    "aws logs tail /aws/lambda/roomkey-prod-check_sessions --since 15m",
    "aws logs tail /aws/lambda/roomkey-prod-refill_session_pool --since 15m",
    "aws logs tail /aws/lambda/roomkey-prod-delete_expired_archives --since 15m",
    "aws logs tail /aws/lambda/roomkey-prod-copy_audit --since 15m",
    "aws lambda get-function-concurrency --function-name roomkey-prod-check_sessions",
    "aws events describe-rule --name roomkey-prod-reconcile_sessions-event",
    "aws events disable-rule --name roomkey-prod-reconcile_sessions-event",
    "aws events enable-rule --name roomkey-prod-reconcile_sessions-event",
    "aws lambda update-function-configuration --function-name roomkey-prod --description rotated",
)
"""The commands that are run in a stage that serves."""

ROLL_BACK: Final = (
    "git diff OLD -- deploy/resources.json .chalice requirements.txt",
    "git checkout OLD",
)
RESTORE: Final = (
    (
        "aws dynamodb restore-table-to-point-in-time --source-table-name roomkey-prod-rooms"
        " --target-table-name roomkey-prod-restored --use-latest-restorable-time"
    ),
    "aws dynamodb wait table-exists --table-name roomkey-prod-restored",
    (
        "aws dynamodb get-item --table-name roomkey-prod-restored"
        ' --key \'{"pk": {"S": "room#seats"}, "sk": {"S": "room"}}\''
    ),
    (
        "aws dynamodb update-time-to-live --table-name roomkey-prod-restored"
        " --time-to-live-specification Enabled=true,AttributeName=expiresAt"
    ),
    (
        "aws dynamodb update-continuous-backups --table-name roomkey-prod-restored"
        " --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
    ),
    "aws dynamodb update-table --table-name roomkey-prod-restored --deletion-protection-enabled",
    "echo 'ROOMS_TABLE = \"roomkey-prod-restored\"' >> .chalice/settings.prod.toml",
    "sed -i.bak 's/roomkey-prod-rooms/roomkey-prod-restored/' .chalice/policy-prod*.json",
)
BY_ACTS: Final = {
    "make deploy STAGE=prod": "first deploy",
    "make secret STAGE=prod": "credentials",
    "make archive-storage STAGE=prod": "archive storage",
    "make destroy STAGE=prod": "destroy prod",
    "ROOMKEY_MAX_POOLED_SESSIONS=0 make deploy STAGE=prod": "deploy prod again",
}
"""The commands that are acts of the rehearsal anyway, with the acts' names."""

TYPED: Final = {
    "make free STAGE=prod ROOM=seats": "seats\n",
    "make free STAGE=prod ROOM=seats END=1": "seats\n",
}
"""The answers to what commands ask."""


def commands_of_the_page(page: str | None = None) -> set[str]:
    """Return all commands of the runbook, each in one line."""
    text = _PAGE.read_text() if page is None else page
    fenced = [line for block in _FENCED.findall(text) for line in block.splitlines()]
    spans = [" ".join(each.split()) for each in _SPAN.findall(_FENCED.sub("", text))]
    found = (each.replace("\\|", "|") for each in [*fenced, *spans])
    return {each for each in found if _COMMAND.match(each)}


def rehearsed_commands() -> set[str]:
    """Return the commands that the rehearsal runs."""
    return {*WHILE_IT_RUNS, *ROLL_BACK, *RESTORE, *BY_ACTS}
