"""A stage of the service: what it is called, what it may use, where its files are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chalicelib.errors import NotConfigured
from chalicelib.settings import Settings
from deploy.errors import DeployError

PROJECT: Final = Path(__file__).parents[1]
API_FUNCTION: Final = "api_handler"


@dataclass(frozen=True, slots=True)
class Limits:
    """What Chalice has no setting for.

    Args:
        requests_per_second: What API Gateway lets through before it answers 429; the account's
            own limit, 10,000 unless raised, is shared by all its APIs in the region.
        burst: How many more at one moment.
    """

    requests_per_second: int
    burst: int
    log_retention_days: int


LIMITS: Final = {
    "dev": Limits(
        requests_per_second=50,
        burst=100,
        log_retention_days=14,
    ),
    "prod": Limits(
        requests_per_second=1000,
        burst=2000,
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
    def kept(self) -> bool:
        """Whether its data outlive `make destroy`."""
        return self.name == "prod"

    @property
    def stack(self) -> str:
        """The CloudFormation stack that `resources.json` becomes."""
        return f"{self.config['app_name']}-{self.name}"

    @property
    def function(self) -> str:
        """The Lambda function behind the API, as Chalice names it."""
        return f"{self.config['app_name']}-{self.name}"

    @property
    def scheduled(self) -> dict[str, str]:
        """What Lambda calls the functions that run by themselves, by what Chalice calls them."""
        others = (name for name in self.config["lambda_functions"] if name != API_FUNCTION)
        return {name: f"{self.stack}-{name}" for name in others}

    @property
    def functions(self) -> dict[str, str]:
        """What Lambda calls each function, by what Chalice calls it."""
        return {API_FUNCTION: self.function, **self.scheduled}

    @property
    def gateway_stage(self) -> str:
        return str(self._own["api_gateway_stage"])

    @property
    def environment(self) -> dict[str, str]:
        """What the function finds in its environment."""
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
        """Where OpenTok is; None for the address that belongs to the credentials."""
        return self.environment.get("OPENTOK_API_URL", "").rstrip("/") or None

    @property
    def archive_bucket(self) -> str | None:
        """The bucket for recordings; None where they are left to OpenTok's own cloud."""
        return self.environment.get("ARCHIVE_BUCKET") or None

    @property
    def archive_secret_id(self) -> str:
        """The secret that keeps the key which OpenTok uploads recordings with."""
        return f"{self.config['app_name']}/{self.name}/archive-storage"

    @property
    def deployed_file(self) -> Path:
        """Where Chalice keeps which API and functions are this stage's."""
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
                "The functions' policies let them read such buckets alone. The names are shared by "
                "all of AWS, so end it with something of your own, such as your account's id.",
            )


def read_stage(name: str, project: Path = PROJECT) -> Stage:
    """The stage of this name.

    Raises:
        DeployError: There is none that can be deployed.
    """
    config = json.loads((project / ".chalice" / "config.json").read_text(encoding="utf-8"))
    if name not in LIMITS or name not in config["stages"]:
        raise DeployError(f"There is no stage {name!r} to deploy.", "Give STAGE=dev or STAGE=prod.")
    return Stage(name, config, project)
