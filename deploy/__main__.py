"""The command line `python -m deploy COMMAND STAGE`, behind `make deploy` and the others."""

import os
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from chalicelib.auth_settings import AUTH_SETTINGS, read_issuers
from chalicelib.settings import Settings
from deploy.account import Account, connect
from deploy.asking import Terminal
from deploy.aws.functions import find_deployed
from deploy.deployment import Deployment
from deploy.destruction import Destruction
from deploy.errors import check_all
from deploy.new_stage import make_stage
from deploy.opentok.archive_storage import archive_storage_of
from deploy.opentok.callbacks import CallbackSetup
from deploy.opentok.credentials import Secret, try_credentials
from deploy.operation.audit_lines import audit_lines_of
from deploy.operation.wiring import RoomCommands
from deploy.packaging.package import build_package
from deploy.privacy_check import check_privacy
from deploy.privacy_keys import add_privacy_key, print_hashes
from deploy.reporting import exit_status
from deploy.rotation import AccountSecret
from deploy.settings.defaults import defaults
from deploy.settings.names import SECRET_SETTINGS
from deploy.settings.operated import OperatedStage
from deploy.settings.sources import lines_of, operators_file
from deploy.sign_in.bearer_help import bearer_help
from deploy.sign_in.check import check_sign_in
from deploy.stage import PROJECT, Stage, read_stage
from deploy.usage import MonthlyUsage
from deploy.user_data import UserData


def deploy(operated: OperatedStage) -> None:
    """Deploy the stage, or update it."""
    stage, accounts = operated.stage, list[Account]()
    check_all(
        operated.check,
        lambda: accounts.append(connect(os.environ, stage.region)),
        lambda: _check_issuers(stage),
    )
    Deployment(stage, accounts[0], Terminal(sys.stdin), os.environ, sys.stdout).run()


def _check_issuers(stage: Stage) -> None:
    """Check what the issuers publish, unless the check of the settings has named their faults."""
    faults: list[str] = []
    read_issuers(stage.environment, faults)
    if not faults:
        check_sign_in(stage.environment, os.environ.get("BEARER"))


def settings(operated: OperatedStage) -> None:
    """Show each setting and where it comes from, and check them all."""
    print(f"Settings of stage {operated.stage.name}:")
    for line in lines_of(operated.settings, SECRET_SETTINGS, defaults(PROJECT)):
        print(f"  {line}")
    operated.check()


def sign_in_check(operated: OperatedStage) -> None:
    """Check the settings, what the stage's identity providers publish, and the token in BEARER."""
    check_all(operated.check, lambda: _check_issuers(operated.stage))


def secret(operated: OperatedStage) -> None:
    """Check OpenTok's or Vonage's credentials with OpenTok, and store them."""
    stage = operated.stage
    account = connect(os.environ, stage.region)
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


def account_secret(operated: OperatedStage) -> None:
    """Check and store the account that may replace the credentials."""
    stage = operated.stage
    account = connect(os.environ, stage.region)
    secret = AccountSecret(stage, account.session.client("secretsmanager"))
    secret.store(Terminal(sys.stdin).account())
    print(
        f"The account may replace the stage's credentials. It is stored in {secret.name}. "
        f"With ROTATION_DAYS set, make deploy STAGE={stage.name} switches the rotation on."
    )


def package(operated: OperatedStage) -> None:
    """Build the zip that `deploy` uploads. No AWS account is needed."""
    stage = operated.stage
    built = build_package(stage)
    target = stage.project / "build" / "deployment.zip"
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(built.path, target)
    print("build/deployment.zip:", *built.lines, sep="\n  ")


def destroy(operated: OperatedStage) -> None:
    """Delete the stage after the operator confirms."""
    stage = operated.stage
    account = connect(os.environ, stage.region)
    destruction = Destruction(stage, account, os.environ, sys.stdout)
    destruction.confirm(Terminal(sys.stdin))
    destruction.run()


def callbacks(operated: OperatedStage) -> None:
    """Register the deployed service's callbacks with OpenTok."""
    stage = operated.stage
    account = connect(os.environ, stage.region)
    url = find_deployed(stage, account).url
    CallbackSetup(stage, url, account.session.client("secretsmanager")).run(os.environ)


def archive_storage(operated: OperatedStage) -> None:
    """Make OpenTok upload recordings to the stage's bucket with a new key."""
    stage = operated.stage
    archive_storage_of(stage, connect(os.environ, stage.region)).switch_on()


def archive_storage_off(operated: OperatedStage) -> None:
    """Make OpenTok store recordings in its own cloud again."""
    stage = operated.stage
    archive_storage_of(stage, connect(os.environ, stage.region)).switch_off()


def usage(operated: OperatedStage, month: str, csv_file: str) -> None:
    """Print what a month used at OpenTok, and write it as CSV."""
    stage = operated.stage
    client = connect(os.environ, stage.region).session.client("dynamodb")
    path = Path(csv_file) if csv_file else None
    MonthlyUsage(client, stage.table, stage.environment).report(month, path, sys.stdout)


def user_data(operated: OperatedStage, user_id: str, out_file: str, *, erase: bool) -> None:
    """Show what is held of a user. Erase it then, if asked to."""
    stage = operated.stage
    session = connect(os.environ, stage.region).session
    of_stage = Settings.from_env(stage.environment)
    data = UserData(session.client("dynamodb"), of_stage)
    # A warning goes to standard error, because standard output may be the JSON alone.
    with audit_lines_of(stage.name, of_stage, session, sys.stderr).kept():
        data.show(user_id, Path(out_file) if out_file else None, sys.stdout)
        if erase:
            data.erase(user_id, sys.stdout)


def user_hash(operated: OperatedStage, user_id: str) -> None:
    """Print what stands for a user in the logs of a stage with strict privacy."""
    print_hashes(user_id, _secret_of(operated.stage), sys.stdout)


def privacy_key(operated: OperatedStage) -> None:
    """Make a new key of strict privacy. The earlier ones stay, for what was made with them."""
    number = add_privacy_key(_secret_of(operated.stage))
    print(
        f"A new key comes first of {number} now. Running functions use it within five minutes, "
        "and hashes in logs differ from then on: make user-hash prints one for each key."
    )


def _secret_of(stage: Stage) -> Secret:
    return Secret(stage, connect(os.environ, stage.region).session.client("secretsmanager"))


def rooms(operated: OperatedStage, after: str) -> None:
    """Print the rooms of the stage, live ones first."""
    _room_commands(operated).rooms(after)


def who(operated: OperatedStage, room: str, after: str) -> None:
    """Print who is in a room now, who keeps a seat, and who waits."""
    _room_commands(operated).who(room, after)


def free(operated: OperatedStage, room: str, *, end: bool) -> None:
    """Free the seats of a room that nobody sits in, or end its call."""
    _room_commands(operated).free(room, Terminal(sys.stdin), end=end)


def _room_commands(operated: OperatedStage) -> RoomCommands:
    stage = operated.stage
    return RoomCommands(stage, connect(os.environ, stage.region).session, sys.stdout)


def show_bearer_help(operated: OperatedStage) -> None:
    """Say how an operator gets the bearer token of an admin."""
    operated.check()
    stage = operated.stage
    for line in bearer_help(stage.name, Settings.from_env(stage.environment).issuers):
        print(line)


def privacy_check(operated: OperatedStage) -> None:
    """Check what a stage must have before it carries health data."""
    stage = operated.stage
    check_privacy(stage, connect(os.environ, stage.region), sys.stdout)


COMMANDS: Final[Mapping[str, Callable[[OperatedStage], None]]] = {
    command.__name__.replace("_", "-"): command
    for command in (
        deploy,
        settings,
        sign_in_check,
        secret,
        account_secret,
        callbacks,
        archive_storage,
        archive_storage_off,
        package,
        destroy,
        privacy_check,
        privacy_key,
    )
}


COMMANDS_WITH_OPTIONS: Final[Mapping[str, Callable[[OperatedStage, Namespace], None]]] = {
    "usage": lambda operated, given: usage(operated, given.month, given.csv),
    "user-data": lambda operated, given: user_data(
        operated, given.id, given.out, erase=given.erase
    ),
    "user-hash": lambda operated, given: user_hash(operated, given.id),
    "rooms": lambda operated, given: rooms(operated, given.after),
    "who": lambda operated, given: who(operated, given.room, given.after),
    "free": lambda operated, given: free(operated, given.room, end=given.end),
    "bearer-help": lambda operated, _: show_bearer_help(operated),
}


def new_stage(name: str, kind: str) -> None:
    """Write the files of a new stage, and say what comes next."""
    for path in make_stage(name, kind or "development"):
        print(f"  {path}")
    print(
        f"Stage {name} has its files. Set its identity provider in {operators_file(name)}. Then: "
        f"make deploy STAGE={name}\nCommit the others, so that your colleagues have them too."
    )


def main() -> int:
    parser = ArgumentParser(prog="python -m deploy", description=__doc__)
    parser.add_argument("command", choices=["stage", *COMMANDS, *COMMANDS_WITH_OPTIONS])
    parser.add_argument("stage", help="the name of a stage")
    parser.add_argument("--kind", default="development", help="the kind of a new stage")
    parser.add_argument("--month", default="", help="of usage: such as 2026-11")
    parser.add_argument("--csv", default="", help="of usage: a file to write")
    parser.add_argument("--id", default="", help="of user-data and user-hash: a user's id")
    parser.add_argument("--out", default="", help="of user-data: a file to write")
    parser.add_argument("--erase", action="store_true", help="of user-data: erase the user")
    parser.add_argument("--room", default="", help="of who and free: the room's name")
    parser.add_argument("--after", default="", help="of rooms and who: where the page starts")
    parser.add_argument("--end", action="store_true", help="of free: end the room's call")
    arguments = parser.parse_args()
    return exit_status(lambda: _run(arguments))


def _run(arguments: Namespace) -> None:
    if arguments.command == "stage":
        new_stage(arguments.stage, arguments.kind)
    elif arguments.command == "sign-in-check" and not arguments.stage and _sign_in_is_set():
        check_sign_in(os.environ, os.environ.get("BEARER"))
    else:
        operated = OperatedStage(read_stage(arguments.stage), os.environ)
        if arguments.command in COMMANDS:
            COMMANDS[arguments.command](operated)
        else:
            COMMANDS_WITH_OPTIONS[arguments.command](operated, arguments)


def _sign_in_is_set() -> bool:
    """Return True if the environment has settings of sign-in, so that no stage need be named."""
    return any(os.environ.get(name) for name in AUTH_SETTINGS)


if __name__ == "__main__":
    sys.exit(main())
