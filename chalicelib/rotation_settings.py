"""The operator's setting of the rotation of OpenTok's credentials."""

from collections.abc import Mapping
from typing import Final

ROTATION_DAYS: Final = "ROTATION_DAYS"
MOST_DAYS: Final = 1000
"""The longest time between two rotations that Secrets Manager takes."""
_OFF: Final = "0"


def read_rotation_days(environment: Mapping[str, str], problems: list[str]) -> int:
    """Return the days between two rotations, and add what is wrong to the problems.

    0 means that the credentials are not rotated.
    """
    value = environment.get(ROTATION_DAYS) or _OFF
    if value.isascii() and value.isdigit() and len(value) <= len(str(MOST_DAYS)):
        days = int(value)
        if days <= MOST_DAYS:
            return days
    problems.append(f"{ROTATION_DAYS} must be a whole number from 0 to {MOST_DAYS}")
    return 0


def rotates(environment: Mapping[str, str]) -> bool:
    """Return True if Secrets Manager rotates the credentials by a function of this service."""
    return read_rotation_days(environment, []) > 0


def account_secret_id(secret_id: str) -> str:
    """Return the name of the secret with the account's own credentials.

    It is beside the secret with OpenTok's credentials, and only the rotation may read it.
    """
    folder, slash, _ = secret_id.rpartition("/")
    return f"{folder}{slash}account"
