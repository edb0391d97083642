"""The keys of strict privacy in a stage's secret, and the hashes that they make of user ids."""

import secrets
from typing import Final, TextIO

from chalicelib.adapters.pseudonyms import log_hash
from chalicelib.core.support.formats import is_user_id
from deploy.errors import DeployError
from deploy.opentok.credentials import Secret
from deploy.stage import Stage

KEY_BYTES: Final = 32
_NAME: Final = "privacyKeys"


def privacy_keys(secret: Secret) -> list[str]:
    """Return the keys, the newest first; empty if there are none."""
    keys = secret.content().get(_NAME) or []
    return [str(each) for each in keys]


def add_privacy_key(secret: Secret) -> int:
    """Put a new key before the earlier ones, which stay. Return how many there are.

    Client tokens and log lines from before still need the earlier ones.

    Raises:
        DeployError: The secret does not exist yet, or is empty.
    """
    content = secret.content()
    keys = [secrets.token_hex(KEY_BYTES), *privacy_keys(secret)]
    secret.replace({**content, _NAME: keys})
    return len(keys)


def ensure_privacy_key(stage: Stage, secret: Secret) -> str | None:
    """Make the first key, if the stage's privacy is strict. Return a line for the operator."""
    if stage.environment.get("PRIVACY") != "strict":
        return None
    if not privacy_keys(secret):
        add_privacy_key(secret)
        return f"secret {stage.secret_id}: a key of privacy was made"
    return f"secret {stage.secret_id}: has a key of privacy"


def print_hashes(user_id: str, secret: Secret, out: TextIO) -> None:
    """Print what stands for a user in log lines, one hash for each key, the newest first.

    Raises:
        DeployError: This is no user id, or there is no key.
    """
    if not is_user_id(user_id):
        raise DeployError("ID is not a user's id.", "Give it as ID=…, in quotes if it has spaces.")
    keys = privacy_keys(secret)
    if not keys:
        raise DeployError(
            "This stage has no key of privacy, so its logs have user ids as they are.",
            "PRIVACY=strict and make deploy make the first key.",
        )
    for key in keys:
        print(log_hash(user_id, key), file=out)
