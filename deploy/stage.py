"""A stage of the service: its names, limits and files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chalicelib.core.sessions.reconcile_sessions import MAX_WORKERS
from chalicelib.errors import NotConfigured
from chalicelib.settings import Settings
from deploy.errors import DeployError

PROJECT: Final = Path(__file__).parents[1]
API_FUNCTION: Final = "api_handler"
WORKERS: Final = {"check_sessions": MAX_WORKERS}
"""The functions that a scheduled function starts, and how many of each may run at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits that Chalice has no setting for.

    Args:
        requests_per_second: The rate above which API Gateway answers 429. All APIs of the account
            in the region also share the account's limit, by default 10,000.
        burst: The number of requests above the rate that API Gateway accepts at once.
        guests_per_second: The rate for guests who ask for tokens, who need no bearer token.
        guest_burst: The number of guests above their rate that API Gateway accepts at once.
        log_retention_days: The number of days after which log entries are deleted.
    """

    requests_per_second: int
    burst: int
    guests_per_second: int
    guest_burst: int
    log_retention_days: int


LIMITS: Final = {
    "dev": Limits(
        requests_per_second=50,
        burst=100,
        guests_per_second=10,
        guest_burst=50,
        log_retention_days=14,
    ),
    "prod": Limits(
        requests_per_second=1000,
        burst=2000,
        guests_per_second=100,
        guest_burst=200,
        log_retention_days=90,
    ),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage, named as in `.chalice/config.json`."""

    name: str
    config: Mapping[str, Any]
    project: Path = PROJECT

    @property
    def limits(self) -> Limits:
        return LIMITS[self.name]

    @property
    def keeps_data(self) -> bool:
        """True if `make destroy` keeps the stage's data."""
        return self.name == "prod"

    @property
    def stack(self) -> str:
        """The name of the CloudFormation stack of `resources.json`."""
        return f"{self.config['app_name']}-{self.name}"

    @property
    def function(self) -> str:
        """The name of the Lambda function behind the API."""
        return f"{self.config['app_name']}-{self.name}"

    @property
    def scheduled(self) -> dict[str, str]:
        """The scheduled functions' names in Lambda, by their names in Chalice."""
        others = self.config["lambda_functions"].keys() - {API_FUNCTION, *WORKERS}
        return {name: f"{self.stack}-{name}" for name in sorted(others)}

    @property
    def at_once(self) -> dict[str, int]:
        """The number of runs at the same time of each function but the API's, by its name."""
        workers = {f"{self.stack}-{name}": number for name, number in WORKERS.items()}
        return dict.fromkeys(self.scheduled.values(), 1) | workers

    @property
    def functions(self) -> dict[str, str]:
        """All functions' names in Lambda, by their names in Chalice."""
        workers = {name: f"{self.stack}-{name}" for name in WORKERS}
        return {API_FUNCTION: self.function, **self.scheduled, **workers}

    @property
    def gateway_stage(self) -> str:
        return str(self._own["api_gateway_stage"])

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of the function."""
        return {
            **self.config.get("environment_variables", {}),
            **self._own.get("environment_variables", {}),
        }

    @property
    def table(self) -> str:
        return self.environment["ROOMS_TABLE"]

    @property
    def secret_id(self) -> str:
        return self.environment["OPENTOK_SECRET_ID"]

    @property
    def opentok_api_url(self) -> str | None:
        """OpenTok's address. None selects the default for the kind of credentials."""
        return self.environment.get("OPENTOK_API_URL", "").rstrip("/") or None

    @property
    def archive_bucket(self) -> str | None:
        """The bucket for recordings. None leaves recordings in OpenTok's own cloud."""
        return self.environment.get("ARCHIVE_BUCKET") or None

    @property
    def archive_secret_id(self) -> str:
        """The secret with the access key for OpenTok's uploads."""
        return f"{self.config['app_name']}/{self.name}/archive-storage"

    @property
    def deployed_file(self) -> Path:
        """Chalice's file with the ids of the stage's API and functions."""
        return self.project / ".chalice" / "deployed" / f"{self.name}.json"

    @property
    def _own(self) -> Mapping[str, Any]:
        stage: Mapping[str, Any] = self.config["stages"][self.name]
        return stage

    def check_settings(self) -> None:
        """Refuse a stage whose function could only answer 503.

        Raises:
            DeployError: A setting is missing or wrong.
        """
        try:
            Settings.from_env(self.environment)
        except NotConfigured as error:
            raise DeployError(
                f"The settings of stage {self.name} are not complete: {error.note}.",
                f'Set them in .chalice/config.json, under "stages", "{self.name}", '
                '"environment_variables". AUTH_ISSUER and AUTH_AUDIENCE are your identity '
                "provider's issuer URL and the audience (or client id) of your app's tokens.",
            ) from error
        prefix = f"{self.stack}-archives-"
        if self.archive_bucket is not None and not self.archive_bucket.startswith(prefix):
            raise DeployError(
                f"ARCHIVE_BUCKET of stage {self.name} does not begin with {prefix}.",
                "The functions may read only buckets with this prefix. Bucket names are unique in "
                "all of AWS, so append a unique part, such as your account's id.",
            )


def read_stage(name: str, project: Path = PROJECT) -> Stage:
    """Read the stage of this name.

    Raises:
        DeployError: The stage does not exist or cannot be deployed.
    """
    config = json.loads((project / ".chalice" / "config.json").read_text(encoding="utf-8"))
    if name not in LIMITS or name not in config["stages"]:
        raise DeployError(f"Stage {name!r} does not exist.", "Give STAGE=dev or STAGE=prod.")
    return Stage(name, config, project)
