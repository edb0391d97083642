"""The command line `python -m deploy COMMAND STAGE`, behind `make deploy` and the others."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from deploy.account import connect
from deploy.asking import Terminal
from deploy.aws.functions import find_deployed
from deploy.deployment import Deployment
from deploy.destruction import Destruction
from deploy.errors import DeployError
from deploy.opentok.archive_storage import archive_storage_of
from deploy.opentok.callbacks import CallbackSetup
from deploy.opentok.credentials import Secret, try_credentials
from deploy.packaging.package import build_package
from deploy.stage import Stage, read_stage
from deploy.usage import MonthlyUsage


def deploy(stage: Stage) -> None:
    """Deploy the stage, or update it."""
    stage.check_settings()
    Deployment(stage, connect(os.environ), Terminal(sys.stdin), os.environ, sys.stdout).run()


def secret(stage: Stage) -> None:
    """Check OpenTok's or Vonage's credentials with OpenTok, and store them."""
    account = connect(os.environ)
    stored = Secret(stage, account.session.client("secretsmanager"))
    operator = Terminal(sys.stdin)
    credentials = operator.credentials()
    try_credentials(credentials, stage)
    stored.check_same_project(credentials, operator)
    stored.store(credentials)
    print(
        f"OpenTok accepted the credentials. They are stored in {stage.secret_id}. "
        "Running functions use them within five minutes."
    )


def package(stage: Stage) -> None:
    """Build the zip that `deploy` uploads. No AWS account is needed."""
    built = build_package(stage)
    target = stage.project / "build" / "deployment.zip"
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(built.path, target)
    print(f"build/deployment.zip: {built.megabytes:.1f} MB")


def destroy(stage: Stage) -> None:
    """Delete the stage after the operator confirms."""
    destruction = Destruction(stage, connect(os.environ), os.environ, sys.stdout)
    destruction.confirm(Terminal(sys.stdin))
    destruction.run()


def callbacks(stage: Stage) -> None:
    """Register the deployed service's callbacks with OpenTok."""
    account = connect(os.environ)
    url = find_deployed(stage, account).url
    CallbackSetup(stage, url, account.session.client("secretsmanager")).run(os.environ)


def archive_storage(stage: Stage) -> None:
    """Make OpenTok upload recordings to the stage's bucket with a new key."""
    archive_storage_of(stage, connect(os.environ)).switch_on()


def archive_storage_off(stage: Stage) -> None:
    """Make OpenTok store recordings in its own cloud again."""
    archive_storage_of(stage, connect(os.environ)).switch_off()


def usage(stage: Stage, month: str, csv_file: str) -> None:
    """Print what a month used at OpenTok, and write it as CSV."""
    client = connect(os.environ).session.client("dynamodb")
    path = Path(csv_file) if csv_file else None
    MonthlyUsage(client, stage.table, stage.environment).report(month, path, sys.stdout)


COMMANDS: Final[Mapping[str, Callable[[Stage], None]]] = {
    command.__name__.replace("_", "-"): command
    for command in (
        deploy,
        secret,
        callbacks,
        archive_storage,
        archive_storage_off,
        package,
        destroy,
    )
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy", description=__doc__)
    parser.add_argument("command", choices=[*COMMANDS, "usage"])
    parser.add_argument("stage", help="dev or prod")
    parser.add_argument("--month", default="", help="of usage: such as 2026-11")
    parser.add_argument("--csv", default="", help="of usage: a file to write")
    arguments = parser.parse_args()
    try:
        stage = read_stage(arguments.stage)
        if arguments.command == "usage":
            usage(stage, arguments.month, arguments.csv)
        else:
            COMMANDS[arguments.command](stage)
    except DeployError as error:
        print(f"\nStopped: {error}\n{error.remedy}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(
            f"\nStopped: AWS refused a call: {error}\nIf a permission is missing, grant it to the "
            "credentials in use. Then run this again.",
            file=sys.stderr,
        )
        return 1
    except (KeyboardInterrupt, EOFError):
        print("\nStopped. Run this again to continue.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
