"""The end of a command: its exit status, and words for a failure."""

import sys
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as AwsConnectionError

from chalicelib.errors import RoomkeyError
from deploy.errors import DeployError


def exit_status(run: Callable[[], None]) -> int:
    """Run a command. Return its exit status, after telling the operator why it stopped."""
    try:
        run()
    except (DeployError, RoomkeyError, ClientError, BotoCoreError) as error:
        print(f"\nStopped: {_words(error)}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, EOFError):
        print("\nStopped. Run this again to continue.", file=sys.stderr)
        return 130
    return 0


def _words(error: DeployError | RoomkeyError | ClientError | BotoCoreError) -> str:
    """Return what went wrong, and a remedy that fits."""
    match error:
        case DeployError():
            return f"{error}\n{error.remedy}"
        case RoomkeyError():
            return f"{error.note or error.detail}\nRun this again."
        case ClientError():
            return (
                f"AWS refused a call: {error}\nIf a permission is missing, docs/rights.md says "
                "which ones deploying and operating need. Then run this again."
            )
        case HTTPClientError() | AwsConnectionError():
            return (
                f"AWS cannot be reached: {error}\nCheck the network, any proxy (HTTPS_PROXY) and "
                "the region. Then run this again."
            )
        case _:
            return f"A call to AWS cannot be made: {error}\nCorrect this, then run this again."
