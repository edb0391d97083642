"""The kind of processor on which Lambda runs a stage's functions."""

from collections.abc import Mapping
from typing import Final

from deploy.errors import DeployError

SETTING: Final = "LAMBDA_ARCHITECTURE"
USUAL: Final = "x86_64"
POSSIBLE: Final = (USUAL, "arm64")


def lambda_architecture(settings: Mapping[str, str]) -> str:
    """Return the functions' architecture, as Lambda names it: `x86_64` or `arm64`.

    Raises:
        DeployError: The setting names another one.
    """
    architecture = settings.get(SETTING) or USUAL
    if architecture not in POSSIBLE:
        raise DeployError(
            f"{SETTING} is not one of {', '.join(POSSIBLE)}.",
            "`make settings STAGE=…` shows where it comes from. Correct it there, and run this "
            "again.",
        )
    return architecture
