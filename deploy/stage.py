"""A stage of the service: its names, limits and files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from chalicelib.core.sessions.reconcile_sessions import MAX_WORKERS
from chalicelib.errors import NotConfigured
from chalicelib.rotation_settings import account_secret_id, read_rotation_days
from chalicelib.settings import Settings
from deploy.account_settings import AccountSettings, read_account_settings
from deploy.errors import DeployError
from deploy.packaging.architecture import lambda_architecture
from deploy.packaging.lambda_python import lambda_python
from deploy.settings.names import OF_THE_DEPLOYMENT, STAGE_KIND, STAGE_REGION
from deploy.settings.values import useless_values

PROJECT: Final = Path(__file__).parents[1]
API_FUNCTION: Final = "api_handler"
LOCAL: Final = "local"
"""The stage of `make run`, which cannot be deployed."""
WORKERS: Final = {"check_sessions": MAX_WORKERS}
"""The functions that a scheduled function starts, and how many of each may run at once."""
ROTATION: Final = "rotate_credentials"
"""The function that Secrets Manager calls. Only a stage that rotates credentials has it."""


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


PRODUCTION: Final = "production"
LIMITS: Final = {
    "development": Limits(
        requests_per_second=50,
        burst=100,
        guests_per_second=10,
        guest_burst=50,
        log_retention_days=14,
    ),
    PRODUCTION: Limits(
        requests_per_second=1000,
        burst=2000,
        guests_per_second=100,
        guest_burst=200,
        log_retention_days=90,
    ),
}
"""The limits of each kind of stage."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage, named as in `.chalice/config.json`."""

    name: str
    config: Mapping[str, Any]
    project: Path = PROJECT

    @property
    def kind(self) -> str:
        """The one setting in which development and production differ."""
        return self._settings.get(STAGE_KIND) or "development"

    @property
    def limits(self) -> Limits:
        return LIMITS[self.kind]

    @property
    def keeps_data(self) -> bool:
        """True if `make destroy` keeps the stage's data."""
        return self.kind == PRODUCTION

    @property
    def region(self) -> str | None:
        """The region in which the stage lives. None leaves it to the operator's environment."""
        return self._settings.get(STAGE_REGION) or None

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
        others = self.config["lambda_functions"].keys() - {API_FUNCTION, *WORKERS, ROTATION}
        return {name: f"{self.stack}-{name}" for name in sorted(others)}

    @property
    def at_once(self) -> dict[str, int]:
        """The number of runs at the same time of each function but the API's, by its name."""
        workers = {f"{self.stack}-{name}": number for name, number in WORKERS.items()}
        alone = [*self.scheduled.values(), *([self.rotation] if self.rotation_days else [])]
        return dict.fromkeys(alone, 1) | workers

    @property
    def functions(self) -> dict[str, str]:
        """All functions' names in Lambda, by their names in Chalice."""
        workers = {name: f"{self.stack}-{name}" for name in WORKERS}
        rotation = {ROTATION: self.rotation} if self.rotation_days else {}
        return {API_FUNCTION: self.function, **self.scheduled, **workers, **rotation}

    @property
    def rotation(self) -> str:
        """The name in Lambda of the function that rotates credentials."""
        return f"{self.stack}-{ROTATION}"

    @property
    def rotation_days(self) -> int:
        """The days between two rotations of the credentials. 0 means that there are none."""
        return read_rotation_days(self.environment, [])

    @property
    def account_secret_id(self) -> str:
        """The secret with the credentials of the account at OpenTok or Vonage."""
        return account_secret_id(self.secret_id)

    @property
    def gateway_stage(self) -> str:
        return str(self._own["api_gateway_stage"])

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of the functions."""
        return {
            name: value for name, value in self._settings.items() if name not in OF_THE_DEPLOYMENT
        }

    @property
    def python(self) -> str:
        """The version of Lambda's Python, such as `3.13`."""
        return lambda_python(self._settings)

    @property
    def architecture(self) -> str:
        """The architecture of Lambda's machines: `x86_64` or `arm64`."""
        return lambda_architecture(self._settings)

    @property
    def account_settings(self) -> AccountSettings:
        """The demands of the account on all that the stage has in it."""
        return read_account_settings(self._settings)

    @property
    def chalice_config(self) -> dict[str, Any]:
        """The content of `.chalice/config.json`, with the operator's own settings."""
        demanded = self.account_settings.chalice_config
        own = {**self._own, **demanded, "environment_variables": self.environment}
        own["lambda_architecture"] = self.architecture
        stages = {**self.config["stages"], self.name: own}
        return {**self.config, "stages": stages, "environment_variables": {}}

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

    @property
    def _settings(self) -> dict[str, str]:
        return {
            **self.config.get("environment_variables", {}),
            **self._own.get("environment_variables", {}),
        }

    def with_settings(self, settings: Mapping[str, str]) -> "Stage":
        """Return this stage with these settings instead of those in `.chalice/config.json`."""
        own = {**self._own, "environment_variables": dict(settings)}
        stages = {**self.config["stages"], self.name: own}
        return replace(self, config={**self.config, "stages": stages, "environment_variables": {}})

    def faults(self) -> list[str]:
        """Return a sentence for each setting with which the stage could not work."""
        found = []
        if self.kind not in LIMITS:
            found.append(f"STAGE_KIND must be {' or '.join(LIMITS)}")
        try:
            Settings.from_env(self.environment)
        except NotConfigured as error:
            found += str(error.note).split("; ")
        found += useless_values(self._settings)
        prefix = f"{self.stack}-archives-"
        if self.archive_bucket is not None and not self.archive_bucket.startswith(prefix):
            found.append(
                f"ARCHIVE_BUCKET must begin with {prefix}, because the functions may read no other "
                "bucket; append what makes it unique in all of AWS, such as your account's id"
            )
        return found


def read_stage(name: str, project: Path = PROJECT) -> Stage:
    """Return the stage of this name, with the settings in `.chalice/config.json` alone.

    Raises:
        DeployError: The stage does not exist or cannot be deployed.
    """
    config = json.loads((project / ".chalice" / "config.json").read_text(encoding="utf-8"))
    there = [each for each in config["stages"] if each != LOCAL]
    if not name:
        raise DeployError("STAGE is missing.", f"Give one of: STAGE={', STAGE='.join(there)}.")
    if name not in there:
        raise DeployError(
            f"Stage {name!r} does not exist.",
            f"There are {', '.join(there)}. To make it: make stage NAME={name}",
        )
    return Stage(name, config, project)
