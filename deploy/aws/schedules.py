"""Settings of the scheduled functions and their workers that Chalice does not offer."""

from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

MOST_RETRIES: Final = 0
"""The number of times that Lambda starts a failed run again: the next run does its work."""
LONGEST_WAIT_SECONDS: Final = 60
"""The time in which a run must start, the least that Lambda accepts."""
_TOO_LITTLE_CONCURRENCY: Final = "InvalidParameterValueException"


def limit_runs(function: str, at_once: int, lambdas: "LambdaClient") -> bool:
    """Start each run in its minute or not at all, and no more at once than this number.

    A new account may have too little concurrency to reserve some for the function. Runs may then
    overlap, and do some work twice.

    Returns:
        True if the number is reserved.
    """
    lambdas.put_function_event_invoke_config(
        FunctionName=function,
        MaximumRetryAttempts=MOST_RETRIES,
        MaximumEventAgeInSeconds=LONGEST_WAIT_SECONDS,
    )
    try:
        lambdas.put_function_concurrency(
            FunctionName=function, ReservedConcurrentExecutions=at_once
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != _TOO_LITTLE_CONCURRENCY:
            raise
        return False
    return True
