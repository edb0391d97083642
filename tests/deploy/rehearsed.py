"""One rehearsal from the first deployment to the last trace's removal, and what it showed."""

import io
import json
import re
import shlex
import sysconfig
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import requests

from deploy.settings.sources import operators_file
from stand_ins.http.faults import Fault
from stand_ins.project_clone import Clone, Outcome
from tests.rehearsal import runbook
from tests.rehearsal.aws_calls import AwsCall
from tests.rehearsal.aws_command import run_aws
from tests.rehearsal.demands import demanded_of, network_of
from tests.rehearsal.operators import DEPLOYER_IN_VPC, OPERATOR, Operators
from tests.rehearsal.place import ACCOUNT as ACCOUNT_ID
from tests.rehearsal.place import REGION
from tests.rehearsal.stage_set import (
    ACCOUNT,
    ACCOUNT_KEY,
    ACCOUNT_SECRET,
    API_KEY,
    CREDENTIALS,
    StageSet,
)

WRONG_SECRET = "00badbadbadbadbadbadbadbadbadbadbadbad00"
SCHEDULED = (
    "roomkey-prod-enforce_closing_times",
    "roomkey-prod-reconcile_sessions",
    "roomkey-prod-delete_expired_archives",
    "roomkey-prod-refill_session_pool",
)
WORKER = "roomkey-prod-check_sessions"
BEHIND = (*SCHEDULED, WORKER)
"""All functions but the API's."""
FILM = b"a film of a call"
GHOST_SECONDS = 11
"""A little longer than reconciliation waits before it removes a record without a callback."""
ONE_LIBRARY = re.compile(r"^six==.*\n", re.MULTILINE)
LIBRARIES = Path(sysconfig.get_path("purelib"))
"""The folder with all libraries of the tests, and so with those that are deployed."""
WRONG_CREDENTIALS = json.dumps({"apiKey": "47000002", "apiSecret": WRONG_SECRET})


@dataclass
class Act:
    """A command that was run, and the calls to AWS that came of it."""

    outcome: Outcome
    calls: list[AwsCall]

    @property
    def actions(self) -> list[str]:
        return [call.action for call in self.calls]

    def operations(self, service: str) -> list[str]:
        return [call.operation for call in self.calls if call.service == service]


@dataclass
class Rehearsed:
    """All that was seen on the way."""

    acts: dict[str, Act] = field(default_factory=dict)
    answers: dict[str, requests.Response] = field(default_factory=dict)
    seen: dict[str, Any] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    documents: list[dict[str, Any]] = field(default_factory=list)
    used_by_functions: set[tuple[str, str, str]] = field(default_factory=set)
    """Each function, with each action that it needed, and on what."""
    operators: Operators = field(default_factory=Operators)
    """The operators' rights, used and refused."""

    @property
    def package(self) -> io.BytesIO:
        """The zip that prod's functions ran when they were used."""
        return io.BytesIO(self.uploads["roomkey-prod"])


@contextmanager
def rehearse(folder: Path) -> Iterator[Rehearsed]:
    with StageSet(folder) as stage_set:
        yield _Play(stage_set).perform()


class _Play:
    def __init__(self, stage_set: StageSet) -> None:
        self._set = stage_set
        self._seen = Rehearsed()

    def perform(self) -> Rehearsed:
        first, second = self._set.clone("first"), self._set.clone("second")
        self._into_prod(first, second)
        self._record(second)
        self._use_it()
        self._act("privacy check", second, "privacy-check", "prod", AWS_ACCESS_KEY_ID=OPERATOR)
        self._look_into_prod()
        self._follow_the_runbook(second)
        self._act("refused destroy", second, "destroy", "prod", "yes\n")
        self._act("destroy prod", second, "destroy", "prod", "roomkey-prod\n")
        self._look_after("prod")
        self._act("archive storage off", second, "archive-storage", "prod", OFF="1")
        self._look_after("archive storage")
        self._interrupt("half a deploy", first, "roomkey-prod-reconcile_sessions-event")
        self._act("destroy half of prod", second, "destroy", "prod", "roomkey-prod\n")
        self._look_after("half of prod")
        self._roll_back_and_restore(first)
        self._into_dev_and_out(second)
        self._seen.documents = self._set.aws.documents
        self._seen.used_by_functions = self._set.aws.used_by_functions
        self._seen.operators = self._set.aws.operators
        return self._seen

    def _record(self, clone: Clone) -> None:
        """A film into the owner's own bucket, uploaded as OpenTok does, fetched and deleted."""
        self._act("archive storage", clone, "archive-storage", "prod")
        self._act("new key for archives", clone, "archive-storage", "prod")
        entry = self._ask("enter film", "POST", "rooms/film/tokens", self._alice)
        self._set.opentok.connect(entry.json()["token"])
        started = self._ask("record", "POST", "rooms/film/archives", self._alice, {})
        path = f"rooms/film/archives/{started.json()['id']}"
        self._ask("stop recording", "POST", f"{path}/stop", self._alice)
        self._upload(started.json()["id"])
        self._ask("film", "GET", f"{path}/media", self._alice)
        self._ask("delete film", "DELETE", path, self._alice)

    def _upload(self, archive_id: str) -> None:
        """Upload a film as OpenTok does, with the access key that it got last."""
        told = [call.json for call in self._set.opentok.calls if call.method == "PUT"]
        self._seen.seen["archive storage"] = told
        given = told[-1]["config"]
        client = self._set.s3(given["accessKey"], given["secretKey"])
        key = f"{API_KEY}/{archive_id}/archive.mp4"
        client.put_object(Bucket=given["bucket"], Key=key, Body=FILM)
        client.close()
        self._sim("POST", f"archives/{archive_id}", {"status": "uploaded"})

    def _into_prod(self, first: Clone, second: Clone) -> None:
        self._act("deploy without credentials", first, "deploy", "prod")
        self._act("wrong credentials", first, "secret", "prod", WRONG_CREDENTIALS)
        self._act("credentials", first, "secret", "prod", CREDENTIALS)
        self._interrupt("interrupted deploy", first, "apigateway.amazonaws.com")
        with self._light_packages(first):
            self._act("first deploy", first, "deploy", "prod")
        self._set_callbacks_up()
        bearer = self._set.identity.bearer("operator")
        # The call page makes the function read the credentials, so callbacks are set up before.
        page = {"ROOMKEY_CALL_PAGE": "on"}
        self._act("second deploy", second, "deploy", "prod", BEARER=bearer, **page)
        self._seen.uploads = dict(self._set.functions.uploads)
        self._let_people_in()

    def _interrupt(self, name: str, clone: Clone, about: str) -> None:
        """Let a deployment fail before its functions run."""
        self._set.aws.refuse_next("lambda:AddPermission", about)
        with self._light_packages(clone):
            self._act(name, clone, "deploy", "prod")

    @contextmanager
    def _light_packages(self, clone: Clone) -> Iterator[None]:
        """Let a clone deploy one library, and let functions find the others beside the zip.

        Such a package is built and uploaded in a fraction of the time. The whole one comes with the
        second deployment, whose functions do all that is asked of a stage.
        """
        requirements = clone.folder / "requirements.txt"
        complete = requirements.read_text()
        requirements.write_text(ONE_LIBRARY.findall(complete)[0])
        self._set.functions.layer = LIBRARIES
        try:
            yield
        finally:
            self._set.functions.layer = None
            requirements.write_text(complete)

    def _follow_the_runbook(self, clone: Clone) -> None:
        """Do an operator's work at night, in a room where one seat is held and one is used."""
        self._ask("hold a seat", "POST", "rooms/seats/tokens", self._bob)
        self._run(clone, runbook.WHILE_IT_RUNS)
        lines = self._set.aws.client("logs").get_log_events(
            logGroupName="/roomkey/prod/audit", logStreamName="audit"
        )["events"]
        self._seen.seen["operator's lines"] = [json.loads(each["message"]) for each in lines]

    def _roll_back_and_restore(self, clone: Clone) -> None:
        """Deploy an older commit on a table that was restored."""
        git = "git -c user.name=rehearsal -c user.email=rehearsal@roomkey.test"
        committed = clone.run(f"git init -q && git add -A && {git} commit -qm all && git tag OLD")
        assert committed.status == 0, committed.output
        self._run(clone, (*runbook.ROLL_BACK, *runbook.RESTORE))
        with self._light_packages(clone):
            self._act("deploy prod again", clone, "deploy", "prod", ROOMKEY_MAX_POOLED_SESSIONS="0")
        self._seen.seen["restored policies"] = {
            role: policy
            for role, policy in self._set.aws.role_policies.items()
            if role.startswith("roomkey-prod")
        }
        self._seen.seen["restored functions"] = {
            name: self._set.aws.client("lambda").get_function(FunctionName=name)["Configuration"]
            for name in ("roomkey-prod", *BEHIND)
        }

    def _run(self, clone: Clone, commands: Iterable[str]) -> None:
        """Run commands of the runbook as they stand there, on a month and a user that exist."""
        real = {"MONTH": f"{datetime.now(UTC):%Y-%m}", "ID": "alice"}
        for command in commands:
            before = len(self._set.aws.calls)
            program, *words = shlex.split(command)
            if program == "aws":
                outcome = Outcome(0, run_aws(words, self._set.aws.client))
            elif program == "make":
                target, *given = words
                variables = dict(each.split("=", 1) for each in given)
                variables |= {name: real[name] for name in real.keys() & variables.keys()}
                stage, typed = variables.pop("STAGE"), runbook.TYPED.get(command, "")
                variables["AWS_ACCESS_KEY_ID"] = OPERATOR
                outcome = clone.make(target, stage, typed, **variables)
            else:
                outcome = clone.run(command)
            self._seen.acts[command] = Act(outcome, self._set.aws.calls[before:])

    def _into_dev_and_out(self, clone: Clone) -> None:
        """A stage on arm64 that rotates, with an account's demands: tags, a key, a network."""
        self._demand(clone, network_of(self._set.aws.client))
        with_all = {"AWS_ACCESS_KEY_ID": DEPLOYER_IN_VPC}
        rotating = {
            **with_all,
            "ROOMKEY_ROTATION_DAYS": "30",
            "ROOMKEY_LAMBDA_ARCHITECTURE": "arm64",
        }
        self._act("dev without credentials", clone, "deploy", "dev", **with_all)
        self._act("dev credentials", clone, "secret", "dev", CREDENTIALS, **with_all)
        self._act("dev without account", clone, "deploy", "dev", **rotating)
        self._act("dev account", clone, "account-secret", "dev", ACCOUNT, **with_all)
        with self._light_packages(clone):
            self._act("deploy dev", clone, "deploy", "dev", **rotating)
            self._rotate_dev()
        self._seen.seen["demanded"] = demanded_of(self._set.aws.client, "dev")
        self._act("dev archive storage", clone, "archive-storage", "dev", **with_all)
        self._set.opentok.faults.add(Fault("/archive/storage", status=503), times=2)
        self._act("destroy dev", clone, "destroy", "dev", "roomkey-dev\n", **with_all)
        self._look_after("dev")

    def _rotate_dev(self) -> None:
        """Let Secrets Manager rotate what somebody has replaced by hand in the account.

        Nobody could join with it, so that the rotation announces nothing, and waits for nothing.
        """
        now = int(time.time())
        claims = {"iss": ACCOUNT_KEY, "ist": "account", "iat": now, "exp": now + 60, "jti": "1"}
        header = {"X-OPENTOK-AUTH": jwt.encode(claims, ACCOUNT_SECRET)}
        url = f"https://api.opentok.com/v2/project/{API_KEY}/refreshSecret"
        with self._set.http() as http:
            replaced = http.post(url, headers=header, timeout=30).json()["secret"]
        name, secret = "roomkey-dev-rotate_credentials", "roomkey/dev/opentok"
        function = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}"
        self._set.aws.rotation(secret, function).rotate()
        client = self._set.aws.client("secretsmanager")
        stored = client.get_secret_value(SecretId=secret, VersionStage="AWSCURRENT")
        self._seen.seen["rotated"] = (replaced, json.loads(stored["SecretString"]))
        self._seen.seen["rotation"] = self._set.functions.running(name).log
        role = self._set.functions.role(name)
        self._seen.seen["rotation policy"] = self._set.aws.role_policies[role]

    def _demand(self, clone: Clone, settings: Mapping[str, str]) -> None:
        lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
        with (clone.folder / operators_file("dev")).open("a", encoding="utf-8") as file:
            file.write(lines)

    def _set_callbacks_up(self) -> None:
        """Store what OpenTok signs callbacks with, as `make callbacks` does."""
        secrets = {kind: [each] for kind, each in self._set.opentok.callback_secrets.items()}
        content = json.loads(CREDENTIALS) | {"callbackSecrets": secrets}
        self._set.aws.client("secretsmanager").put_secret_value(
            SecretId="roomkey/prod/opentok", SecretString=json.dumps(content)
        )
        self._set.callbacks.url = url_in(self._seen.acts["first deploy"].outcome)

    def _let_people_in(self) -> None:
        """Into a room with seats, which one of them leaves with nobody told, and another room."""
        self._ask("make closing", "PUT", "rooms/closing", self._alice, _closing_in(3600))
        # Whoever comes into a locked room is judged together with what the room then is.
        self._ask("lock", "PATCH", "rooms/closing", self._alice, {"locked": True})
        seats = {"maxParticipants": 2, "archiveRetentionDays": 1}
        self._ask("make seats", "PUT", "rooms/seats", self._alice, seats)
        for room in ("closing", "seats"):
            entry = self._ask(f"enter {room}", "POST", f"rooms/{room}/tokens", self._alice)
            connection = self._set.opentok.connect(entry.json()["token"])["connectionId"]
            self._sim("POST", f"connections/{connection}/streams", {"name": "Alice"})
            self._set.opentok.settle(30)
        self._ask("presence", "GET", "rooms/seats/connections", self._alice)
        self._bring_a_guest()
        self._record_long_ago()
        self._set.opentok.plan_callbacks(drop=2)
        self._sim("DELETE", f"connections/{connection}")
        self._left_at = time.monotonic()

    def _bring_a_guest(self) -> None:
        """Let a guest in, whose invitation the session's check looks at."""
        self._ask("make guests", "PUT", "rooms/guests", self._alice)
        invited = self._ask("invite", "POST", "rooms/guests/invitations", self._alice, {})
        code = {"code": invited.json()["code"], "guestKey": "a-key-of-random-characters"}
        entry = self._ask("come", "POST", "invitations/tokens", {}, code)
        self._set.opentok.connect(entry.json()["token"])
        self._set.opentok.settle(30)

    def _record_long_ago(self) -> None:
        """Something whose time is over, as far as its record tells."""
        archive = self._ask("record seats", "POST", "rooms/seats/archives", self._alice, {}).json()
        self._set.opentok.move_archive(archive["id"], "available")
        self._set.opentok.settle(30)
        self._ask("recordings", "GET", "rooms/seats/archives", self._alice)
        room_id = self._seen.answers["make seats"].json()["roomId"]
        key = {"pk": f"media#{room_id}", "sk": f"archive#{archive['id']}"}
        self._set_to_zero("createdAt", key)

    def _pass_minutes(self) -> None:
        """Let one minute warn the room and find the stale record, and one close the room."""
        time.sleep(max(0, self._left_at + GHOST_SECONDS - time.monotonic()))
        bridge, closing = self._set.aws.event_bridge, self._seen.answers["make closing"].json()
        # Not before: however long all that was deployed meanwhile has taken, it is still to close.
        self._ask("close soon", "PATCH", "rooms/closing", self._alice, _closing_in(90))
        for room in ("seats", "guests"):
            self._make_due(self._seen.answers[f"make {room}"].json()["sessionId"])
        self._seen.seen["rules"] = bridge.pass_a_minute()
        self._set.functions.finish()
        self._seen.seen["warned"] = self._set.opentok.session(closing["sessionId"])
        self._ask("presence reconciled", "GET", "rooms/seats/connections", self._alice)
        self._ask("recordings later", "GET", "rooms/seats/archives", self._alice)
        self._ask("shorten", "PATCH", "rooms/closing", self._alice, _closing_in(-1))
        # Usage is counted after a check that has found nobody.
        self._make_due(self._seen.answers["make seats"].json()["sessionId"])
        bridge.pass_a_minute()
        self._set.functions.finish()
        self._set.opentok.settle(30)
        self._seen.seen["emptied"] = self._set.opentok.session(closing["sessionId"])
        self._seen.seen["callbacks"] = self._set.callbacks.statuses
        self._seen.seen["runs"] = {
            name: [
                json.loads(line)
                for line in self._set.functions.running(name).log.splitlines()
                if line.startswith("{") and '"kind":"audit"' not in line
            ]
            for name in BEHIND
        }

    def _make_due(self, session_id: str) -> None:
        """Let reconciliation look after a session now, and not when it is a minute old."""
        self._set_to_zero("dueAt", {"pk": f"session#{session_id}", "sk": "session"})

    def _set_to_zero(self, attribute: str, key: Mapping[str, str]) -> None:
        self._set.aws.client("dynamodb").update_item(
            TableName="roomkey-prod-rooms",
            Key={name: {"S": value} for name, value in key.items()},
            UpdateExpression=f"SET {attribute} = :zero",
            ExpressionAttributeValues={":zero": {"N": "0"}},
        )

    @property
    def _alice(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._set.identity.bearer('alice', name='Alice')}"}

    @property
    def _bob(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._set.identity.bearer('bob', name='Bob')}"}

    @property
    def _admin(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._set.identity.bearer('root', admin=True)}"}

    def _use_it(self) -> None:
        """Do what an app does, and look at the function's log and folder afterwards."""
        self._pass_minutes()
        alice = self._alice
        self._ask("join", "POST", "rooms/stand-up/tokens", alice)
        self._ask("join again", "POST", "rooms/stand-up/tokens", alice)
        self._ask("list", "GET", "rooms?limit=5", alice)
        self._ask("read", "GET", "rooms/stand-up", alice)
        self._ask("attendance", "GET", "rooms/seats/attendance", alice)
        self._ask("usage", "GET", "usage?by=room", self._admin)
        self._ask("all rooms", "GET", "rooms?all=true", self._admin)
        self._ask("overview", "GET", "admin/overview", self._admin)
        self._ask("close", "DELETE", "rooms/stand-up", alice)
        self._ask("ask for data", "GET", "users/me", alice)
        self._ask("erase", "DELETE", "users/alice", self._admin)
        self._set.aws.event_bridge.pass_a_minute()
        self._set.functions.finish()
        self._ask("erased", "GET", "users/alice", self._admin)
        self._ask("no such route", "GET", "nowhere", {})
        self._ask("preflight", "OPTIONS", "rooms/stand-up/tokens", {})
        process = self._set.functions.running("roomkey-prod")
        self._seen.seen["files"] = process.files
        self._seen.seen["log"] = process.log

    def _look_into_prod(self) -> None:
        client = self._set.aws.client
        apis = client("apigateway").get_rest_apis()["items"]
        table = client("dynamodb").describe_table(TableName="roomkey-prod-rooms")["Table"]
        self._seen.seen |= {
            "apis": [each["id"] for each in apis],
            "stage": client("apigateway").get_stage(restApiId=apis[0]["id"], stageName="api"),
            "functions": {
                name: client("lambda").get_function(FunctionName=name)
                for name in ("roomkey-prod", *BEHIND)
            },
            "late runs": {
                name: client("lambda").get_function_event_invoke_config(FunctionName=name)
                for name in BEHIND
            },
            "table": table,
            "policies": dict(self._set.aws.role_policies),
            "logs": client("logs").describe_log_groups()["logGroups"],
            "audited": {
                name: client("logs").describe_subscription_filters(
                    logGroupName=f"/aws/lambda/{name}"
                )["subscriptionFilters"]
                for name in ("roomkey-prod", *BEHIND)
            },
        }

    def _look_after(self, stage: str) -> None:
        """All that is in the account, of which prod's is there beside dev."""
        client = self._set.aws.client
        secrets = client("secretsmanager").list_secrets()["SecretList"]
        self._seen.seen[f"after {stage}"] = {
            "apis": [each["id"] for each in client("apigateway").get_rest_apis()["items"]],
            "functions": [
                f["FunctionName"] for f in client("lambda").list_functions()["Functions"]
            ],
            "roles": [each["RoleName"] for each in client("iam").list_roles()["Roles"]],
            "users": [each["UserName"] for each in client("iam").list_users()["Users"]],
            "rules": [each["Name"] for each in client("events").list_rules()["Rules"]],
            "buckets": [each["Name"] for each in client("s3").list_buckets()["Buckets"]],
            "tables": client("dynamodb").list_tables()["TableNames"],
            "secrets": [each["Name"] for each in secrets],
            "logs": [g["logGroupName"] for g in client("logs").describe_log_groups()["logGroups"]],
        }

    def _act(
        self,
        name: str,
        clone: Clone,
        target: str,
        stage: str,
        typed_input: str = "",
        **variables: str,
    ) -> None:
        before = len(self._set.aws.calls)
        outcome = clone.make(target, stage, typed_input, **variables)
        self._seen.acts[name] = Act(outcome, self._set.aws.calls[before:])

    def _ask(
        self,
        name: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: object = None,
    ) -> requests.Response:
        """Ask the address that the latest deployment of prod has said."""
        acts = self._seen.acts
        latest = acts.get("second deploy") or acts["first deploy"]
        with self._set.http() as http:
            answer = http.request(
                method, f"{url_in(latest.outcome)}{path}", headers=headers, json=body, timeout=30
            )
        self._seen.answers[name] = answer
        return answer

    def _sim(self, method: str, path: str, body: object = None) -> None:
        """Have OpenTok's stand-in play a client."""
        with self._set.http() as http:
            http.request(
                method, f"https://api.opentok.com/sim/{path}", json=body, timeout=30
            ).raise_for_status()


def _closing_in(seconds: int) -> dict[str, str]:
    """Return the setting of a room that closes in so many seconds."""
    closes_at = datetime.now(UTC) + timedelta(seconds=seconds)
    return {"closesAt": closes_at.isoformat(timespec="seconds")}


def url_in(outcome: Outcome) -> str:
    """The service's address, as the summary tells it."""
    for line in outcome.output.splitlines():
        if line.startswith("  URL "):
            return line.split()[1]
    raise AssertionError(outcome.output)
