"""A Chalice command with a configuration from standard input instead of `.chalice/config.json`.

What the account demands comes from there, too.

`python -m deploy.packaging.configured_chalice COMMAND STAGE PROJECT`
"""

import json
import os
import sys
import traceback
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from botocore.session import Session
from chalice.cli import cli
from chalice.cli.factory import CLIFactory
from chalice.config import Config

from deploy.packaging.demands import add_demands


class _PinnedConfig(Config):
    """A configuration with Lambda's Python. Chalice takes the version of the running one."""

    python = ""

    @property
    def lambda_python_version(self) -> str:
        return f"python{self.python}"


class ConfiguredFactory(CLIFactory):
    """Chalice's factory of all that a command needs, with a given configuration.

    Args:
        project: The folder of the project.
        given: The configuration as `config`, as `demands` what Chalice's calls are to have, and as
            `python` the version of Lambda's Python.
    """

    def __init__(self, project: Path, given: Mapping[str, Any]) -> None:
        super().__init__(str(project), environ=os.environ)
        self._given = given

    def load_project_config(self) -> dict[str, Any]:
        return dict(self._given["config"])

    def create_config_obj(self, *names: Any, **named: Any) -> Config:  # noqa: ANN401
        config = super().create_config_obj(*names, **named)
        config.__class__ = _PinnedConfig
        pinned = cast("_PinnedConfig", config)
        pinned.python = self._given["python"]
        return pinned

    def create_botocore_session(self, *limits: Any, **named: Any) -> Session:  # noqa: ANN401
        session: Session = super().create_botocore_session(*limits, **named)
        add_demands(session, self._given["demands"])
        return session


def main(command: str, stage: str, project: str) -> int:
    """Run the command, and return its exit status."""
    os.chdir(project)
    warnings.filterwarnings("ignore", "You are currently running python")  # on purpose
    os.environ["AWS_CHALICE_CLI_MODE"] = "true"  # as Chalice sets it
    made = {"factory": ConfiguredFactory(Path(project), json.load(sys.stdin))}
    try:
        cli.commands[command].main(["--stage", stage], obj=made, standalone_mode=False)
    except Exception:  # noqa: BLE001 - whatever it is, the parent shows its last lines
        traceback.print_exc()
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
