"""What Chalice has no setting for, on the functions that run by themselves."""

from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_SHORTEST_AGE_SECONDS: Final = 60
_TOO_LITTLE_LEFT: Final = "InvalidParameterValueException"


def run_one_at_a_time(function: str, lambdas: "LambdaClient") -> bool:
    """Let each run begin in its minute or never, and beside no other; whether the latter is set.

    It is not where the account has too little concurrency to reserve any of it, as new accounts
    have. Runs beside each other do what one would do, and some of it twice.
    """
    lambdas.put_function_event_invoke_config(
        FunctionName=function,
        MaximumRetryAttempts=0,
        MaximumEventAgeInSeconds=_SHORTEST_AGE_SECONDS,
    )
    try:
        lambdas.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=1)
    except ClientError as error:
        if error.response["Error"]["Code"] != _TOO_LITTLE_LEFT:
            raise
        return False
    return True
