"""The audit log's part of a stage: for how long it is kept, and how it is filled."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from chalicelib.api.http.request_log import AUDIT
from deploy.errors import DeployError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_DEFAULT_DAYS: Final = "400"
_DAYS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096),
    *(1827, 2192, 2557, 2922, 3288, 3653),
)
"""The numbers of days for which CloudWatch Logs can keep lines."""
FILTER_PATTERN: Final = f'{{ $.kind = "{AUDIT}" }}'
FILTER_NAME: Final = "roomkey-audit"


def audit_days(environment: Mapping[str, str]) -> str:
    """Return the days for which audit lines are kept.

    Raises:
        DeployError: CloudWatch Logs cannot keep lines for this number of days.
    """
    days = environment.get("AUDIT_DAYS") or _DEFAULT_DAYS
    every = [str(each) for each in _DAYS]
    if days not in every:
        raise DeployError(
            f"AUDIT_DAYS is not one of {', '.join(every)}.",
            "`make settings STAGE=…` shows where it comes from. Correct it there, and run this "
            "again.",
        )
    return days


def audit_group(stage: str) -> str:
    """Return the name of a stage's log group of audit lines."""
    return f"/roomkey/{stage}/audit"


def copy_audit_lines(functions: Iterable[str], copier: str, logs: "CloudWatchLogsClient") -> None:
    """Have CloudWatch Logs send the functions' audit lines to the copier. Repeating it is harmless.

    Args:
        functions: The names of functions, whose log groups exist.
        copier: The ARN of the function that writes the lines to their own log group.
        logs: A client for CloudWatch Logs.
    """
    for function in functions:
        logs.put_subscription_filter(
            logGroupName=f"/aws/lambda/{function}",
            filterName=FILTER_NAME,
            filterPattern=FILTER_PATTERN,
            destinationArn=copier,
        )
