"""The command line `python -m deploy.export STAGE`, behind `make export`.

It is a command of its own because it loads the whole app, which the others do not.
"""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path

from deploy.export.directory import NEXT_STEPS, export
from deploy.packaging.package import build_package
from deploy.reporting import exit_status
from deploy.settings.operated import OperatedStage
from deploy.stage import Stage, read_stage


def run(name: str, form: str, out: str) -> None:
    """Write the stage as a directory for another tool. No AWS account is needed."""
    operated = OperatedStage(read_stage(name), os.environ)
    operated.check()
    stage = operated.stage
    folder = stage.project / (out or f"build/{stage.name}-{form}")
    files = export(stage, form, lambda: _package_of(stage), folder)
    print(f"{folder} has {', '.join(files)}. Next:")
    print(NEXT_STEPS[form].format(folder=folder, stage=stage.name))


def _package_of(stage: Stage) -> Path:
    built = build_package(stage)
    for line in built.lines:
        print(line)
    return built.path


def main() -> int:
    parser = ArgumentParser(prog="python -m deploy.export", description=__doc__)
    parser.add_argument("stage", help="the name of a stage")
    parser.add_argument("--format", default="", help="the tool: sam or terraform")
    parser.add_argument("--out", default="", help="the directory")
    arguments = parser.parse_args()
    return exit_status(lambda: run(arguments.stage, arguments.format, arguments.out))


if __name__ == "__main__":
    sys.exit(main())
