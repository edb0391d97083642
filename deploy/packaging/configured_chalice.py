"""A Chalice command with a configuration from standard input instead of `.chalice/config.json`.

What the account demands comes from there, too.

`python -m deploy.packaging.configured_chalice COMMAND STAGE PROJECT`
"""

import json
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.session import Session
from chalice.cli import cli
from chalice.cli.factory import CLIFactory

from deploy.packaging.demands import add_demands


class ConfiguredFactory(CLIFactory):
    """Chalice's factory of all that a command needs, with a given configuration.

    Args:
        project: The folder of the project.
        given: The configuration as `config`, and as `demands` what Chalice's calls are to have.
    """

    def __init__(self, project: Path, given: Mapping[str, Any]) -> None:
        super().__init__(str(project), environ=os.environ)
        self._given = given

    def load_project_config(self) -> dict[str, Any]:
        return dict(self._given["config"])

    def create_botocore_session(self, *limits: Any, **named: Any) -> Session:  # noqa: ANN401
        session: Session = super().create_botocore_session(*limits, **named)
        add_demands(session, self._given["demands"])
        return session


def main(command: str, stage: str, project: str) -> int:
    """Run the command, and return its exit status."""
    os.chdir(project)
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
