"""One upgrade of a stage in use, from the previous release to this version, and what it showed."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import requests

from stand_ins.project_clone import Outcome
from tests.deploy.rehearsed import url_in
from tests.rehearsal.releases import previous_release
from tests.rehearsal.stage_set import CREDENTIALS, StageSet

TABLE: Final = "roomkey-prod-rooms"
GUEST_KEY: Final = "a-key-of-random-characters"
_PACE_SECONDS: Final = 0.3
_HELD_SECONDS: Final = 60.0


@dataclass
class Upgraded:
    """The findings on the way."""

    acts: dict[str, Outcome] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    """The last answers of the previous release to each question."""
    after: dict[str, Any] = field(default_factory=dict)
    """The first answers of this version to the same questions."""
    meanwhile: dict[str, list[int]] = field(default_factory=lambda: {"join": [], "wait": []})
    """The status of each answer while the stage was upgraded, to who joined and to who waited."""
    keys: list[set[tuple[str, str]]] = field(default_factory=list)
    """The keys of the table's items, before and after the upgrade."""
    tables: list[tuple[str, str]] = field(default_factory=list)
    """The table's name in AWS and the time of its creation, before and after."""
    answers: dict[str, requests.Response] = field(default_factory=dict)
    """The answers of this version to what people do after the upgrade."""
    seated: list[set[str]] = field(default_factory=list)
    """The users whom the room shows: after a held seat was used, and after somebody left."""
    emptied: list[Any] = field(default_factory=list)
    """The connections that OpenTok has in the room once it is deleted."""


@contextmanager
def upgrade(folder: Path) -> Iterator[Upgraded]:
    with StageSet(folder) as stage_set:
        yield _Play(stage_set).perform()


class _Play:
    def __init__(self, stage_set: StageSet) -> None:
        self._set = stage_set
        self._seen = Upgraded()
        self._url = ""

    def perform(self) -> Upgraded:
        old = self._set.clone("old", previous_release())
        new = self._set.clone("new")
        self._seen.acts["without credentials"] = old.make("deploy", "prod")
        self._seen.acts["secret"] = old.make("secret", "prod", CREDENTIALS)
        self._seen.acts["previous"] = old.make("deploy", "prod")
        self._url = url_in(self._seen.acts["previous"])
        self._set_callbacks_up()
        self._let_people_in()
        self._seen.before = self._look()
        self._note_table()
        with self._in_use():
            self._seen.acts["upgrade"] = new.make("deploy", "prod")
        self._note_table()
        self._seen.after = self._look()
        self._go_on()
        return self._seen

    def _set_callbacks_up(self) -> None:
        """Store what OpenTok signs callbacks with, as `make callbacks` does."""
        secrets = {kind: [each] for kind, each in self._set.opentok.callback_secrets.items()}
        content = json.loads(CREDENTIALS) | {"callbackSecrets": secrets}
        self._set.aws.client("secretsmanager").put_secret_value(
            SecretId="roomkey/prod/opentok", SecretString=json.dumps(content)
        )
        self._set.callbacks.url = self._url

    def _let_people_in(self) -> None:
        """Into a room with three seats: one is used, one is held. One recording runs, one is over.

        A guest waits for another room.
        """
        self._ask("PUT", "rooms/seats", "alice", {"maxParticipants": 3})
        self._connection = self._connect(self._token("alice"))
        self._held = self._token("bob")
        self._running, over = map(self._record, ("long", "short"))
        self._set.opentok.move_archive(over, "available")
        self._ask("PUT", "rooms/clinic", "alice", {"waitingRoom": True})
        invited = self._ask("POST", "rooms/clinic/invitations", "alice", {"maxUses": 5})
        self._code = invited.json()["code"]
        self._invited(GUEST_KEY)
        self._set.opentok.settle(30)

    def _record(self, name: str) -> str:
        """Start a recording, and return its id. Several need tags of their own."""
        started = self._ask("POST", "rooms/seats/archives", "alice", {"multiArchiveTag": name})
        return str(started.json()["id"])

    def _look(self) -> dict[str, Any]:
        """Return what the service says of all that."""
        paths = (
            "rooms",
            "rooms/seats",
            "rooms/seats/connections",
            "rooms/seats/archives",
            f"rooms/seats/archives/{self._running}",
            "rooms/seats/attendance",
            "rooms/clinic",
            "rooms/clinic/waiting",
            "rooms/clinic/invitations",
        )
        answers = {path: self._ask("GET", path, "alice").json() for path in paths}
        for answer in answers.values():
            answer.get("counts", {}).pop("countedAt", None)  # the time of the answer
        return answers

    def _note_table(self) -> None:
        client = self._set.aws.client("dynamodb")
        table = client.describe_table(TableName=TABLE)["Table"]
        self._seen.tables.append((table["TableArn"], str(table["CreationDateTime"])))
        items = client.scan(TableName=TABLE, ConsistentRead=True)["Items"]
        self._seen.keys.append({(each["pk"]["S"], each["sk"]["S"]) for each in items})

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        """Have the service in use meanwhile."""
        ended = threading.Event()
        using = threading.Thread(target=self._use_until, args=(ended,))
        using.start()
        try:
            yield
        finally:
            ended.set()
            using.join()

    def _use_until(self, ended: threading.Event) -> None:
        """Let an admin join again and again, and others do what keeps them their places.

        Admins have no quota. Who waits must ask, and a held seat lapses after two minutes.
        """
        joins, waits = (self._seen.meanwhile[name] for name in ("join", "wait"))
        renewed = time.monotonic()
        while not ended.wait(_PACE_SECONDS):
            joined = self._ask("POST", "rooms/open/tokens", "root", {}, admin=True)
            joins.append(joined.status_code)
            waits.append(self._invited(GUEST_KEY).status_code)
            if time.monotonic() - renewed > _HELD_SECONDS:
                renewed = time.monotonic()
                self._token("bob")

    def _go_on(self) -> None:
        """Let people go on after the upgrade with what they had before."""
        answers = self._seen.answers
        self._connect(self._held)
        self._note_seated()
        answers["third"] = self._ask("POST", "rooms/seats/tokens", "carol", {})
        answers["fourth"] = self._ask("POST", "rooms/seats/tokens", "dora", {})
        self._sim("DELETE", f"connections/{self._connection}")
        self._set.opentok.settle(30)
        self._note_seated()
        path = f"rooms/seats/archives/{self._running}"
        answers["stop"] = self._ask("POST", f"{path}/stop", "alice")
        answers["film"] = self._ask("GET", "rooms/seats/archives", "alice")
        self._admit_guest()
        self._set.aws.event_bridge.pass_a_minute()
        self._set.functions.finish()
        answers["seats later"] = self._ask("GET", "rooms/seats/connections", "alice")
        answers["close"] = self._ask("DELETE", "rooms/seats", "alice")
        self._set.opentok.settle(30)
        session_id = self._seen.before["rooms/seats"]["sessionId"]
        self._seen.emptied = self._set.opentok.session(session_id)["connections"]

    def _admit_guest(self) -> None:
        answers = self._seen.answers
        (waiting,) = self._seen.before["rooms/clinic/waiting"]["items"]
        path = f"rooms/clinic/waiting/{waiting['id']}/admission"
        answers["admit"] = self._ask("POST", path, "alice")
        answers["guest"] = self._invited(GUEST_KEY)
        answers["another guest"] = self._invited(GUEST_KEY[::-1])

    def _note_seated(self) -> None:
        items = self._ask("GET", "rooms/seats/connections", "alice").json()["items"]
        self._seen.seated.append({each["userId"] for each in items})

    def _invited(self, guest_key: str) -> requests.Response:
        """Let a guest ask for a client token."""
        body = {"code": self._code, "guestKey": guest_key, "name": "Greta"}
        return self._ask("POST", "invitations/tokens", None, body)

    def _token(self, user: str) -> str:
        return str(self._ask("POST", "rooms/seats/tokens", user, {}).json()["token"])

    def _connect(self, token: str) -> str:
        connection = self._set.opentok.connect(token)["connectionId"]
        self._sim("POST", f"connections/{connection}/streams", {"name": "Camera"})
        self._set.opentok.settle(30)
        return connection

    def _ask(
        self, method: str, path: str, user: str | None, body: object = None, *, admin: bool = False
    ) -> requests.Response:
        headers: Mapping[str, str] = {}
        if user is not None:
            bearer = self._set.identity.bearer(user, name=user.title(), admin=admin)
            headers = {"Authorization": f"Bearer {bearer}"}
        with self._set.http() as http:
            return http.request(
                method, f"{self._url}{path}", headers=headers, json=body, timeout=30
            )

    def _sim(self, method: str, path: str, body: object = None) -> None:
        """Have OpenTok's stand-in play a client."""
        with self._set.http() as http:
            answer = http.request(
                method, f"https://api.opentok.com/sim/{path}", json=body, timeout=30
            )
        assert answer.status_code < HTTPStatus.BAD_REQUEST, answer.text
