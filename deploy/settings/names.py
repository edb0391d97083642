"""The names of all settings: those that the service reads, and those of the deployment alone."""

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Final

from chalicelib.errors import NotConfigured
from chalicelib.media_settings import features_off
from chalicelib.privacy_settings import audit_addresses
from chalicelib.settings import Settings, cors_origin, log_level
from deploy.account_settings import ACCOUNT_SETTINGS
from deploy.aws.audit import audit_days
from deploy.cost_limits import cost_limits
from deploy.packaging.architecture import SETTING as LAMBDA_ARCHITECTURE
from deploy.packaging.lambda_python import SETTING as LAMBDA_PYTHON

STAGE_KIND: Final = "STAGE_KIND"
STAGE_REGION: Final = "STAGE_REGION"
OF_THE_DEPLOYMENT: Final = (
    STAGE_KIND,
    STAGE_REGION,
    LAMBDA_PYTHON,
    LAMBDA_ARCHITECTURE,
    *ACCOUNT_SETTINGS,
)
"""Settings that say how a stage is deployed. The functions do not get them."""
SECRET_SETTINGS: Final = frozenset({"CALLBACK_PATH_SECRET"})
"""Settings whose values are never shown."""
_SET_BY_LAMBDA: Final = frozenset({"AWS_LAMBDA_FUNCTION_NAME"})


class _Recorder(dict[str, str]):
    """An empty environment that records which names are read."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def get(self, name: str, default: object = None) -> object:  # type: ignore[override]
        self.names[name] = None
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self.names[name] = None
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.names[str(name)] = None
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        raise NotImplementedError("a setting must be read by its name")


@cache
def setting_names() -> tuple[str, ...]:
    """Return the name of every setting, as the service's own code reads them."""
    read = _Recorder()
    audit_addresses(read)
    audit_days(read)
    cors_origin(read)
    cost_limits(read)
    log_level(read)
    features_off(read)
    with suppress(NotConfigured):
        Settings.from_env(read)
    return (*OF_THE_DEPLOYMENT, *sorted(read.names.keys() - _SET_BY_LAMBDA))
