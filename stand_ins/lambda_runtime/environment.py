import sys
from typing import Final

FUNCTION: Final = "function."
"""The beginning of a function's access key id; the function's name follows."""


def lambdas_own_variables(function: str) -> dict[str, str]:
    """Return the variables that Lambda adds to the function's own settings."""
    return {
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "rehearsal",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info[0]}.{sys.version_info[1]}",
        "AWS_ACCESS_KEY_ID": f"{FUNCTION}{function}",
        "AWS_SECRET_ACCESS_KEY": "function",
        "AWS_SESSION_TOKEN": "function",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
    }
