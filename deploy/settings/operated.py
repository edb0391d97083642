"""A stage as the operator has set it, with all that is wrong with its settings."""

from collections.abc import Mapping

from deploy.errors import DeployError
from deploy.settings.sources import (
    PREFIX,
    Setting,
    StageSettings,
    collect_settings,
    operators_file,
)
from deploy.stage import Stage


class OperatedStage:
    """A stage with the settings of the environment and of the operator's own file.

    Args:
        stage: The stage with the settings of the project alone.
        environ: The operator's environment.
    """

    def __init__(self, stage: Stage, environ: Mapping[str, str]) -> None:
        self.settings: StageSettings = collect_settings(
            stage.name, stage.config, stage.project, environ
        )
        self.stage = stage.with_settings(
            {name: setting.value for name, setting in self.settings.chosen.items()}
        )

    def check(self) -> None:
        """Refuse a stage whose functions could only answer 503.

        Raises:
            DeployError: A setting is unknown, missing or wrong. The text names them all.
        """
        wrong = [self._with_origin(fault) for fault in self.stage.faults()]
        faults = [*self.settings.faults, *wrong]
        if faults:
            raise DeployError(
                f"The settings of stage {self.stage.name} are not right:\n"
                + "\n".join(f"  - {fault}." for fault in faults),
                f"Set them in {operators_file(self.stage.name)}, or in the environment as "
                f"{PREFIX}NAME. AUTH_ISSUER and AUTH_AUDIENCE are your identity provider's issuer "
                "and the audience (or client id) of your app's tokens: docs/sign-in.md.",
            )

    def _with_origin(self, fault: str) -> str:
        setting: Setting | None = self.settings.chosen.get(fault.partition(" ")[0])
        return fault if setting is None or not setting.value else f"{fault} ({setting.origin})"
